import { detailText } from '../../../domain/errors/detail-text.ts';
import type { ErrorCode } from '../../../domain/errors/error-code.ts';
import {
  isSnapledgerError,
  type Retryable,
  SnapledgerError,
} from '../../../domain/errors/snapledger-error.ts';
import type { Region } from '../../../domain/identifiers.ts';
import type { AccountRole } from '../../../domain/policy/account-role.ts';
import { placeInWords } from '../../../domain/policy/cloud-place.ts';
import { readAwsFailure } from '../client/aws-failure.ts';

/** What a failed request means for trying it again. */
export type Ec2Trouble =
  /** Refused for now, certainly without effect. */
  | 'throttled'
  /** There is too much of it at the moment; without effect. */
  | 'busy'
  /** Nobody knows whether it had an effect. */
  | 'unknown-outcome'
  /** The account has as much of it as it may have; waiting does not help. */
  | 'quota'
  /** The account or role may not do it, or nobody is who they say they are. */
  | 'denied'
  /** Refused; the same request will be refused again. */
  | 'refused';

/** Limits of how much there may be at once; the SDK and other services do not know them. */
export const busyCodes: ReadonlySet<string> = new Set([
  'ConcurrentSnapshotLimitExceeded',
  'InsufficientCapacity',
  'InsufficientInstanceCapacity',
  'InsufficientVolumeCapacity',
  'PendingSnapshotLimitExceeded',
  'ResourceLimitExceeded',
  'SnapshotCreationPerVolumeRateExceeded',
]);

/** Quotas that only the user, or retention, makes room in. */
const quotaCodes: ReadonlySet<string> = new Set([
  'AttachmentLimitExceeded',
  'InstanceLimitExceeded',
  'SnapshotLimitExceeded',
  'VcpuLimitExceeded',
  'VolumeLimitExceeded',
]);

const throttlingPattern = /Limit|Throttl|SlowDown|TooMany/;

export function troubleOf(error: unknown): Ec2Trouble {
  const { kind, code, status } = readAwsFailure(error);
  if (busyCodes.has(code)) return 'busy';
  if (quotaCodes.has(code)) return 'quota';
  switch (kind) {
    case 'throttled':
      // A bare 503 may as well have come after the effect.
      return throttlingPattern.test(code) ? 'throttled' : 'unknown-outcome';
    case 'transient':
      // What EC2 refused has certainly no effect; anything else may have happened on the way back.
      return status !== null && status >= 400 && status < 500 ? 'throttled' : 'unknown-outcome';
    case 'denied':
      return 'denied';
    case 'untrusted':
    case 'refused':
      return 'refused';
    case 'not-understood':
      return 'unknown-outcome';
  }
}

/** The request that failed, for messages. */
export interface FailedRequest {
  readonly operation: string;
  readonly region: Region;
  readonly account: AccountRole | null;
}

/** The error with its meaning; `details.awsCode` is what EC2 calls it. */
export function toCloudError(
  error: unknown,
  { operation, region, account }: FailedRequest,
): SnapledgerError {
  if (isSnapledgerError(error)) return error;
  const { code: awsCode, said } = readAwsFailure(error);
  const trouble = troubleOf(error);
  const { code, retry, remedy } = meanings[trouble];
  const place = placeInWords({ region, account });
  const problem = isOutdated(error) ? 'ended' : 'denied';
  return new SnapledgerError(code, `${operation} failed in ${place}: ${awsCode}, ${said}`, {
    cause: error,
    retry: account !== null && problem === 'ended' ? 'retryable' : retry,
    remedy: account === null || trouble !== 'denied' ? remedy : remedyInRole(account, problem),
    details: { operation, region, awsCode },
  });
}

function remedyInRole(account: AccountRole, problem: 'ended' | 'denied'): string {
  const { roleArn } = account;
  return problem === 'ended'
    ? `Every session of ${roleArn} is over at once: see that the clock of this machine is right, and whether somebody revokes them.`
    : `Check that the policy for roles of docs/aws.md is attached to ${roleArn}.`;
}

/** Codes for credentials that were good once, and have run out. */
const outdatedCodes: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
]);

export function isOutdated(error: unknown): boolean {
  return outdatedCodes.has(readAwsFailure(error).code);
}

/** What EC2 called it, of an error of {@link toCloudError}; otherwise empty. */
export function awsCodeOf(error: unknown): string {
  return isSnapledgerError(error) ? (detailText(error, 'awsCode') ?? '') : '';
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
  quota: {
    code: 'LIMIT_EXCEEDED',
    retry: 'permanent',
    remedy:
      'Have the quota of the account raised (Service Quotas), or remove what is not needed any more.',
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
