import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';

/** How worker instances are launched. */
export interface WorkerSettings {
  /** An image of Linux with `sh`, `sed`, `tar`, `gzip`, `base64`, `sha256sum` and curl 7.88 or newer. */
  readonly imageId: string;
  /** Where the policy names none that is large enough. */
  readonly instanceType: string;
  readonly subnetId: string;
  /** That of the subnet: volumes are made there. */
  readonly availabilityZone: string;
  readonly securityGroupIds: readonly string[];
  /** What lets the worker reach the repository's bucket; null: the image brings its own way. */
  readonly instanceProfileArn: string | null;
  /** Sees to it that a worker can fetch its programs; asked before each launch. */
  readonly programs: () => Promise<WorkerPrograms>;
}

/** What a worker fetches before it can work. */
export interface WorkerPrograms {
  /** The worker's own program. */
  readonly bundle: BootArchive;
  /** Node, as its makers pack it: one folder with `bin/node` in it; null: the image has it. */
  readonly node: BootArchive | null;
}

/** A gzip-compressed tar archive. */
export interface BootArchive {
  /** `https://…` or `http://…`. */
  readonly url: string;
  /** Hex SHA-256 of the archive; a worker unpacks nothing else. */
  readonly sha256: string;
  /** The region for whose S3 the request is signed with the role of the worker; null: as it is. */
  readonly signedIn: string | null;
}

/** @throws INVALID_ARGUMENT when this engine is not to launch any */
export function requireWorkerSettings(settings: WorkerSettings | null): WorkerSettings {
  if (settings !== null) return settings;
  throw new SnapledgerError('INVALID_ARGUMENT', 'it is not said how workers are launched', {
    remedy:
      "Say it in 'vault.json' as docs/aws.md shows, or let the policy take snapshots only ('--no-image').",
  });
}
