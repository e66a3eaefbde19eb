import { isSnapledgerError, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { S3Location } from '../../../ports/object-store-location.ts';
import { type AwsFailure, DamagedReply, readAwsFailure } from '../client/aws-failure.ts';
import { describeS3Location } from './s3-location.ts';

/** What was being done, in the user's words: `create object "a/b"`. */
export interface S3Action {
  readonly action: string;
  readonly location: S3Location;
}

/** Of AWS and of other stores: there is no room, or no more of it is allowed. */
const fullCodes: ReadonlySet<string> = new Set([
  'InsufficientStorage',
  'QuotaExceeded',
  'QuotaExceededException',
  'XMinioStorageFull',
]);

/** The bucket is not there, or not where it was looked for. */
const misplacedCodes: ReadonlySet<string> = new Set([
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'NoSuchBucket',
  'PermanentRedirect',
  'TemporaryRedirect',
]);

/**
 * Gives an error of the client its meaning. Neither the message nor anything below it holds a
 * credential: of what the service answered only its code and its words are taken over.
 */
export function toS3Error(error: unknown, { action, location }: S3Action): SnapledgerError {
  if (isSnapledgerError(error)) return error;
  const failure = readAwsFailure(error);
  const where = describeS3Location(location);
  const message = `cannot ${action} in ${where}: ${failure.said} (${failure.code})`;
  const details = detailsOf(failure, where);
  if (error instanceof DamagedReply) {
    const remedy =
      'Read it again later: if it stays like this the bucket does not keep what it was given.';
    return new SnapledgerError('OBJECT_CORRUPT', message, { details, remedy });
  }
  if (failure.code === 'InvalidRequest' && /object lock/i.test(failure.said)) {
    const remedy = "Use a bucket that has Object Lock, or leave out '--lock-ledger' and '--lock'.";
    return new SnapledgerError('STORE_UNSUITABLE', message, { details, remedy });
  }
  if (fullCodes.has(failure.code) || failure.status === 507) {
    const remedy = 'Make room in the store, or raise its quota.';
    return new SnapledgerError('STORE_FULL', message, { details, remedy });
  }
  if (isMisplaced(failure)) {
    const remedy = `See that the bucket ${location.bucket} exists, and is in the region ${location.region}.`;
    return new SnapledgerError('BUCKET_NOT_FOUND', message, { details, remedy });
  }
  if (failure.code === 'InvalidObjectState') {
    const remedy = 'It was moved to an archive: restore it there, and keep lifecycle rules off it.';
    return new SnapledgerError('STORE_UNAVAILABLE', message, { details, remedy });
  }
  switch (failure.kind) {
    case 'throttled':
    case 'transient':
      return new SnapledgerError('STORE_UNAVAILABLE', message, {
        details,
        retry: 'retryable',
        remedy: 'See that the store can be reached; then do it again, which is safe.',
      });
    case 'denied':
      return new SnapledgerError('STORE_ACCESS_DENIED', message, {
        details,
        remedy:
          'Check the AWS credentials (environment, profile or role) and that they may list the bucket, and get, put and delete its objects.',
      });
    case 'untrusted':
      return new SnapledgerError('STORE_UNSUITABLE', message, {
        details,
        remedy: 'Check the endpoint: whether it speaks TLS, and that its certificate is trusted.',
      });
    case 'refused':
    case 'not-understood':
      return new SnapledgerError('STORE_UNSUITABLE', message, {
        details,
        remedy: 'Check the endpoint: what answers there does not do what S3 does.',
      });
  }
}

/** The store does not keep one of the promises that everything rests on. */
export function unsuitableStore(location: S3Location, why: string): SnapledgerError {
  return new SnapledgerError(
    'STORE_UNSUITABLE',
    `${describeS3Location(location)} cannot hold a repository: ${why}`,
    {
      remedy:
        'Use a store that honours If-None-Match on PUT, as S3 does, or an update of this one.',
      details: { bucket: location.bucket },
    },
  );
}

/** True for an answer of the service itself that the object is not there. */
export function saysNotFound({ status, code, requestId }: AwsFailure): boolean {
  // HEAD has no body and so no code, and a web server in between knows 404 as well
  return (
    status === 404 &&
    (code === 'NoSuchKey' ||
      code === 'NoSuchVersion' ||
      (code === 'NotFound' && requestId !== null))
  );
}

function isMisplaced({ code, status }: AwsFailure): boolean {
  // HEAD has no body and so no code
  return misplacedCodes.has(code) || status === 301 || status === 307;
}

function detailsOf(
  { code, status, requestId }: AwsFailure,
  where: string,
): Readonly<Record<string, string | number>> {
  return {
    where,
    awsCode: code,
    ...(status === null ? {} : { httpStatus: status }),
    ...(requestId === null ? {} : { requestId }),
  };
}
