import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import {
  problemOfS3Location,
  type S3Location,
  type S3Lock,
} from '../../../ports/object-store-location.ts';

export interface S3Address extends S3Lock {
  /** `s3://bucket/prefix`, or `s3://bucket`. */
  readonly url: string;
  readonly region: string;
  /** Null: AWS. */
  readonly endpoint: string | null;
}

/**
 * Reads where a repository in S3 is.
 *
 * @throws INVALID_ARGUMENT; the message never repeats the text, which may hold a password
 */
export function parseS3Location({ url, region, endpoint, ...lock }: S3Address): S3Location {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)(?:\/(.*?))?\/?$/.exec(url.trim()) ?? [];
  const location = {
    bucket,
    prefix,
    region: region.trim(),
    endpoint: endpoint === null ? null : endpoint.trim().replace(/\/$/, ''),
    ...lock,
  };
  const problem = problemOfS3Location(location);
  if (problem === null) return { kind: 's3', ...location };
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `The location of the repository cannot be used: ${problem}.`,
    { remedy: 'Write it like s3://my-bucket/backups, and its region like eu-central-1.' },
  );
}

/** How messages name the place: bucket and prefix, and the endpoint where it is not AWS. */
export function describeS3Location({ bucket, prefix, endpoint }: S3Location): string {
  const url = prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
  return endpoint === null ? url : `${url} at ${endpoint}`;
}
