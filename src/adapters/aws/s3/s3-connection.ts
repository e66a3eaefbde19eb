import { S3Client } from '@aws-sdk/client-s3';
import type { ObjectKey } from '../../../ports/object-store.ts';
import type { S3Location } from '../../../ports/object-store-location.ts';
import type { AwsCallContext } from '../client/retry-call.ts';

/** What every call to the bucket needs. */
export interface S3Connection extends AwsCallContext {
  readonly client: S3Client;
  readonly location: S3Location;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * A client that does what it is told once: no retries, no checksums and no limits but ours.
 * Without `credentials` they come from the default chain of AWS (environment, files, roles).
 */
export function createS3Client(
  { region, endpoint }: S3Location,
  { limits }: Pick<AwsCallContext, 'limits'>,
  credentials: S3Credentials | null,
): S3Client {
  const agent = { keepAlive: true, maxSockets: limits.connectionsMax };
  return new S3Client({
    region,
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === null ? {} : { credentials }),
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // With it the SDK opens a connection for each pack, and waits on it before it sends anything.
    expectContinueHeader: false,
    customUserAgent: 'snapledger',
    requestHandler: {
      connectionTimeout: limits.connectTimeoutMs,
      socketTimeout: limits.idleTimeoutMs,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
}

/** The name in the bucket. */
export function bucketKey({ prefix }: S3Location, key: ObjectKey | ''): string {
  return prefix === '' ? key : `${prefix}/${key}`;
}
