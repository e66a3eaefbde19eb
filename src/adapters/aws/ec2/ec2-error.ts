import type { ErrorCode } from '../../../domain/errors/error-code.ts';
import {
  isSnapledgerError,
  type Retryable,
  SnapledgerError,
} from '../../../domain/errors/snapledger-error.ts';
import type { Region } from '../../../domain/identifiers.ts';

/** What a failed request means for trying it again. */
export type Ec2Trouble =
  /** Refused for now, certainly without effect. */
  | 'throttled'
  /** There is too much of it at the moment; without effect. */
  | 'busy'
  /** Nobody knows whether it had an effect. */
  | 'unknown-outcome'
  /** The account or role may not do it, or nobody is who they say they are. */
  | 'denied'
  /** Refused; the same request will be refused again. */
  | 'refused';

/** Of all services of AWS, whether or not the SDK knows them; EC2 documents RequestLimitExceeded. */
const throttledCodes: ReadonlySet<string> = new Set([
  'EC2ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
]);

const busyCodes: ReadonlySet<string> = new Set([
  'ConcurrentSnapshotLimitExceeded',
  'InsufficientCapacity',
  'InsufficientInstanceCapacity',
  'InsufficientVolumeCapacity',
  'PendingSnapshotLimitExceeded',
  'ResourceLimitExceeded',
  'SnapshotCreationPerVolumeRateExceeded',
]);

const deniedCodes: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthFailure',
  'Blocked',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidToken',
  'OptInRequired',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnauthorizedOperation',
  'UnrecognizedClientException',
]);

export function troubleOf(error: unknown): Ec2Trouble {
  const code = codeOf(error);
  const status = statusOf(error);
  if (throttledCodes.has(code) || status === 429) return 'throttled';
  if (busyCodes.has(code)) return 'busy';
  if (deniedCodes.has(code)) return 'denied';
  // EC2's own refusals are 4xx; everything else may have happened on the way back.
  return status !== null && status >= 400 && status < 500 ? 'refused' : 'unknown-outcome';
}

/** The request that failed, for messages. */
export interface FailedRequest {
  readonly operation: string;
  readonly region: Region;
}

/** The error with its meaning; `details.awsCode` is what EC2 calls it. */
export function toCloudError(
  error: unknown,
  { operation, region }: FailedRequest,
): SnapledgerError {
  if (isSnapledgerError(error)) return error;
  const awsCode = codeOf(error);
  const { code, retry, remedy } = meanings[troubleOf(error)];
  return new SnapledgerError(
    code,
    `EC2 in ${region} does not do ${operation}: ${awsCode}, ${saidBy(error)}`,
    { cause: error, retry, remedy, details: { operation, region, awsCode } },
  );
}

export function requestTimedOut(
  { operation, region }: FailedRequest,
  limitMs: number,
): SnapledgerError {
  return new SnapledgerError(
    'CLOUD_UNAVAILABLE',
    `EC2 in ${region} did not answer ${operation} within ${limitMs} ms`,
    {
      retry: 'retryable',
      remedy: meanings['unknown-outcome'].remedy,
      details: { operation, region, awsCode: 'TimedOut' },
    },
  );
}

/** What EC2 called it, of an error of {@link toCloudError}; otherwise empty. */
export function awsCodeOf(error: unknown): string {
  return isSnapledgerError(error) ? String(error.details['awsCode'] ?? '') : '';
}

/** Whether EC2 does not know an id, or cannot even read it. */
export function isNotFound(error: unknown): boolean {
  return /^Invalid\w+\.(NotFound|Malformed)$/i.test(awsCodeOf(error));
}

const meanings: Readonly<
  Record<
    Ec2Trouble,
    { readonly code: ErrorCode; readonly retry: Retryable; readonly remedy: string }
  >
> = {
  throttled: {
    code: 'CLOUD_UNAVAILABLE',
    retry: 'retryable',
    remedy:
      'Other programs of this account may ask for a lot; try later, or have the limit raised.',
  },
  busy: {
    code: 'LIMIT_EXCEEDED',
    retry: 'retryable',
    remedy: 'Try later, or have the limit of the account raised.',
  },
  'unknown-outcome': {
    code: 'CLOUD_UNAVAILABLE',
    retry: 'retryable',
    remedy: 'Check the network, and the health of AWS in this region.',
  },
  denied: {
    code: 'CLOUD_ACCESS_DENIED',
    retry: 'permanent',
    remedy: 'Check the credentials, and that the policy of docs/aws.md is attached to them.',
  },
  refused: {
    code: 'CLOUD_REFUSED',
    retry: 'permanent',
    remedy: 'The words of EC2 say what is wrong; change that.',
  },
};

/** Characters of EC2's own words that a message repeats. */
const saidMaxLength = 300;

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UnknownError';
  // Errors of the network carry the system's name for what happened.
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name;
}

function statusOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('$metadata' in error)) return null;
  const { $metadata: metadata } = error;
  if (typeof metadata !== 'object' || metadata === null) return null;
  if (!('httpStatusCode' in metadata)) return null;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null;
}

function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given';
  return error.message.replace(/\s+/g, ' ').trim().slice(0, saidMaxLength);
}
