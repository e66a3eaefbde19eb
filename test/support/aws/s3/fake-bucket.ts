import { createHash } from 'node:crypto';
import { AwsError } from '../aws-service.ts';

export interface Retention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly untilMs: number;
}

/** One version of an object. In a bucket without versions there is one at most. */
export interface StoredVersion {
  readonly versionId: string;
  readonly body: Uint8Array;
  readonly isMarker: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  /** In base64, when the writer gave it. */
  readonly checksumSha256: string | undefined;
  readonly modifiedMs: number;
  readonly retention: Retention | null;
}

export interface FakeBucketOptions {
  readonly name: string;
  readonly region: string;
  /** A bucket with Object Lock keeps all versions. */
  readonly objectLock?: 'enabled' | 'disabled';
  /** `ignored`: as some stores do, which take the header and overwrite. */
  readonly conditionalWrites?: 'honoured' | 'ignored';
}

/** The objects of one bucket, in memory. */
export class FakeBucket {
  readonly name: string;
  readonly region: string;
  readonly isLocking: boolean;
  readonly #honoursConditions: boolean;
  /** Newest version last. */
  readonly #versions = new Map<string, readonly StoredVersion[]>();
  #count = 0;

  constructor(options: FakeBucketOptions) {
    this.name = options.name;
    this.region = options.region;
    this.isLocking = options.objectLock === 'enabled';
    this.#honoursConditions = options.conditionalWrites !== 'ignored';
  }

  /** @throws AwsError PreconditionFailed when the key is taken and must not be; markers do not count. */
  put(
    key: string,
    content: Pick<StoredVersion, 'body' | 'metadata' | 'checksumSha256' | 'retention'>,
    condition: { readonly ifNoneMatch: boolean; readonly nowMs: number },
  ): StoredVersion {
    if (condition.ifNoneMatch && this.#honoursConditions && this.current(key) !== undefined) {
      const text = 'At least one of the pre-conditions you specified did not hold';
      throw new AwsError('PreconditionFailed', 412, text);
    }
    return this.#add(key, { ...content, isMarker: false, modifiedMs: condition.nowMs });
  }

  /** One version, unless it is a marker; without an id the newest. */
  version(key: string, versionId: string | undefined): StoredVersion | undefined {
    if (versionId === undefined) return this.current(key);
    const found = this.versions(key).find((each) => each.versionId === versionId);
    return found?.isMarker === true ? undefined : found;
  }

  /** The newest version, unless it is a marker. */
  current(key: string): StoredVersion | undefined {
    const newest = this.#versions.get(key)?.at(-1);
    return newest?.isMarker === true ? undefined : newest;
  }

  versions(key: string): readonly StoredVersion[] {
    return this.#versions.get(key) ?? [];
  }

  /** Without a version: hides the object behind a marker where versions are kept. */
  delete(key: string, nowMs: number): void {
    if (!this.isLocking) {
      this.#versions.delete(key);
      return;
    }
    const nothing = { body: new Uint8Array(), metadata: {}, checksumSha256: undefined };
    this.#add(key, { ...nothing, isMarker: true, modifiedMs: nowMs, retention: null });
  }

  /** @throws AwsError AccessDenied while it is locked; nobody may shorten COMPLIANCE. */
  deleteVersion(key: string, versionId: string, nowMs: number): void {
    const version = this.versions(key).find((each) => each.versionId === versionId);
    if (version === undefined) return;
    if (version.retention !== null && version.retention.untilMs > nowMs) {
      const text = 'Access Denied because object protected by object lock.';
      throw new AwsError('AccessDenied', 403, text);
    }
    this.#replace(
      key,
      this.versions(key).filter((each) => each !== version),
    );
  }

  /** @throws AwsError NoSuchKey; AccessDenied for a retention that would get shorter. */
  retain(key: string, retention: Retention, versionId?: string): void {
    const version = this.version(key, versionId);
    if (version === undefined) throw noSuchKey(key);
    const before = version.retention;
    // Of GOVERNANCE only who has a permission of its own may, which nobody has here.
    const isLess = before?.mode === 'COMPLIANCE' && retention.mode !== 'COMPLIANCE';
    if (before !== null && (isLess || retention.untilMs < before.untilMs)) {
      throw new AwsError('AccessDenied', 403, 'Access Denied');
    }
    this.#replace(
      key,
      this.versions(key).map((each) => (each === version ? { ...version, retention } : each)),
    );
  }

  /** Of all that has versions, markers among them. In the order of their bytes. */
  allKeys(): readonly string[] {
    return [...this.#versions.keys()].sort((a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
  }

  /** In the order of their bytes, which for UTF-8 is not that of UTF-16. */
  keys(): readonly string[] {
    return this.allKeys().filter((key) => this.current(key) !== undefined);
  }

  #add(key: string, version: Omit<StoredVersion, 'versionId'>): StoredVersion {
    this.#count += 1;
    const stored = { ...version, versionId: this.isLocking ? `v${this.#count}` : 'null' };
    this.#replace(key, this.isLocking ? [...this.versions(key), stored] : [stored]);
    return stored;
  }

  #replace(key: string, versions: readonly StoredVersion[]): void {
    if (versions.length === 0) this.#versions.delete(key);
    else this.#versions.set(key, versions);
  }
}

export function noSuchKey(key: string): AwsError {
  return new AwsError('NoSuchKey', 404, `The specified key does not exist: ${key}`);
}

export function noSuchVersion(key: string): AwsError {
  return new AwsError('NoSuchVersion', 404, `The specified version does not exist: ${key}`);
}

/** As S3 makes it of a body that came in one piece. */
export function etagOf(body: Uint8Array): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}
