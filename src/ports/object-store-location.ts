import { isObjectKeySegment } from './object-key.ts';

/** Where a repository is. Never who one is: credentials are found by whoever opens it. */
export type ObjectStoreLocation = FilesystemLocation | S3Location;

export interface FilesystemLocation {
  readonly kind: 'filesystem';
  /** An absolute path. */
  readonly root: string;
}

export interface S3Location extends S3Lock {
  readonly kind: 's3';
  readonly bucket: string;
  /** What the names of all objects there begin with, followed by a `/`; empty: nothing. */
  readonly prefix: string;
  readonly region: string;
  /** Of a store that speaks the protocol of S3 (buckets are then named in the path); null: AWS. */
  readonly endpoint: string | null;
}

/** What is put under Object Lock of the bucket. */
export interface S3Lock {
  /**
   * For so many days from its writing nobody can remove what is written of the sealed ledger. Default: as
   * for points.
   */
  readonly ledgerLockDays?: number;
  /**
   * For so many days from its commit on nobody can remove a restore point, nor anything that it needs. Default:
   * anybody who may, can.
   */
  readonly lockDays?: number;
  /** Of all locks; in `governance` mode who has a permission of its own can lift them. Default: compliance. */
  readonly lockMode?: 'governance';
}

/** Of a lock; a hundred years. */
export const lockMaxDays = 36_525;

/** S3 takes names of 1,024 bytes: the prefix, a slash and an object key of ours have to fit. */
const prefixMaxLength = 256;
const endpointMaxLength = 300;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const bucketPattern = /^[a-z0-9](?:[a-z0-9-]|\.(?=[a-z0-9])){1,61}[a-z0-9]$/;
const regionPattern = /^[a-z0-9-]{1,40}$/;

/** What is wrong with a location in S3, as the end of "it cannot be used: …"; null: nothing. */
export function problemOfS3Location(location: Omit<S3Location, 'kind'>): string | null {
  const { bucket, prefix, region, endpoint, ledgerLockDays = 1, lockDays = 1 } = location;
  if (!bucketPattern.test(bucket)) {
    return 'a bucket has 3 to 63 of the characters a-z 0-9 - and single dots';
  }
  if (bucket.endsWith('--x-s3')) return 'directory buckets do not list their objects in order';
  const isPrefix = prefix === '' || prefix.split('/').every(isObjectKeySegment);
  if (!isPrefix || prefix.length > prefixMaxLength) {
    return `a prefix has segments of A-Z a-z 0-9 . _ - joined by "/", ${prefixMaxLength} characters at most`;
  }
  if (!regionPattern.test(region)) return 'a region has the characters a-z 0-9 -';
  if (!isLockDays(ledgerLockDays)) return `the ledger is locked for 1 to ${lockMaxDays} whole days`;
  if (!isLockDays(lockDays)) return `restore points are locked for 1 to ${lockMaxDays} whole days`;
  return endpoint === null ? null : problemOfEndpoint(endpoint);
}

function isLockDays(days: number): boolean {
  return Number.isInteger(days) && days >= 1 && days <= lockMaxDays;
}

function problemOfEndpoint(endpoint: string): string | null {
  // WHATWG URLs exist in every runtime, but not in the types of a layer that knows no platform.
  const isUrl = /^https?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?\/?$/.test(endpoint);
  if (isUrl && endpoint.length <= endpointMaxLength) return null;
  return 'an endpoint is written as https://host:port, without a user, a path or a query';
}
