import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';

/** How worker instances are launched. */
export interface WorkerSettings {
  /** An image of Linux with `sh`, `tar`, `base64`, `sha256sum`, and `curl` or the AWS CLI. */
  readonly imageId: string;
  readonly instanceType: string;
  readonly subnetId: string;
  /** That of the subnet: volumes are made there. */
  readonly availabilityZone: string;
  readonly securityGroupIds: readonly string[];
  /** What lets the worker reach the repository's bucket; null: the image brings its own way. */
  readonly instanceProfileArn: string | null;
  readonly bundle: WorkerBundle;
}

/** The worker's program as one archive. */
export interface WorkerBundle {
  /** `https://…` or `http://…` (fetched with curl) or `s3://bucket/key` (with the AWS CLI and the worker's role). */
  readonly url: string;
  /** Hex SHA-256 of the archive; a worker runs nothing else. */
  readonly sha256: string;
}

/** @throws INVALID_ARGUMENT when this engine is not to launch any */
export function requireWorkerSettings(settings: WorkerSettings | null): WorkerSettings {
  if (settings !== null) return settings;
  throw new SnapledgerError('INVALID_ARGUMENT', 'it is not said how workers are launched', {
    remedy: 'Give image, type, subnet and bundle of the workers.',
  });
}
