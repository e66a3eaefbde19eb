/** Why a call to AWS failed, as far as it matters for what to do about it. */
export type AwsFailureKind =
  /** Asked too often. */
  | 'throttled'
  /** May work the next time: errors of the service, of the network, of what was in between. */
  | 'transient'
  /** Credentials are missing, wrong or expired, or may not do this. */
  | 'denied'
  /** The host answers, but no connection that can be trusted is to be had. */
  | 'untrusted'
  /** The service understood and says no; its code says why. */
  | 'refused'
  /** What came back is not in the protocol. */
  | 'not-understood';

export interface AwsFailure {
  readonly kind: AwsFailureKind;
  /** The service's code (`NoSuchKey`), or that of the network (`ECONNRESET`). */
  readonly code: string;
  /** Of HTTP; null when there was no answer. */
  readonly status: number | null;
  /** Null where no service of AWS has answered: a proxy, or another web server. */
  readonly requestId: string | null;
  /** What the service said: never a credential. */
  readonly said: string;
}

/** A try that took longer than its limit. */
export class AwsTimeout extends Error {
  override readonly name = 'AwsTimeout';
  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
  }
}

/** What came is not what was sent, or not all of it. */
export class DamagedReply extends Error {
  override readonly name = 'DamagedReply';
}

/**
 * Codes that mean "too often", of S3, EBS direct and EC2. The SDK's own list lacks those of
 * snapshots.
 */
const throttlingCodes: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'ConcurrentLimitExceededException',
  'EC2ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

const transientCodes: ReadonlySet<string> = new Set([
  // on the way to the service
  'BadDigest',
  'IncompleteBody',
  'RequestTimeout',
  'XAmzContentChecksumMismatch',
  'XAmzContentSHA256Mismatch',
  // the signer has learnt the service's time from the refusal, and the next try has it
  'RequestTimeTooSkewed',
  'RequestInTheFuture',
  // another request for the same object was faster
  'ConditionalRequestConflict',
  'OperationAborted',
]);

const deniedCodes: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AccountProblem',
  'AllAccessDisabled',
  'AuthFailure',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSecurity',
  'InvalidSignatureException',
  'InvalidToken',
  'KMS.AccessDeniedException',
  'KMS.DisabledException',
  'KMS.KMSInvalidStateException',
  'KMS.NotFoundException',
  // of EC2, for credentials of a role that have run out
  'RequestExpired',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'TokenRefreshRequired',
  'UnauthorizedOperation',
  'UnrecognizedClientException',
]);

/** Of Node: the other side showed a certificate that cannot be trusted, or does not speak TLS. */
const untrustedPattern =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO)/;

/** Of Node and of the SDK's HTTP: the connection, or the way to it, failed. */
const networkPattern = /^(?:E[A-Z_]+|TimeoutError)$/;

/** Characters of the service's own words that a message repeats. */
const saidMaxLength = 300;

/** Gives whatever a client of the SDK threw its meaning. */
export function readAwsFailure(error: unknown): AwsFailure {
  const code = codeOf(error);
  const { status, requestId } = metadataOf(error);
  return { kind: kindOf(error, code, status), code, status, requestId, said: saidBy(error) };
}

function kindOf(error: unknown, code: string, status: number | null): AwsFailureKind {
  if (error instanceof AwsTimeout || error instanceof DamagedReply) return 'transient';
  if (throttlingCodes.has(code) || status === 429 || status === 503) return 'throttled';
  if (transientCodes.has(code)) return 'transient';
  if (deniedCodes.has(code)) return 'denied';
  if (untrustedPattern.test(code)) return 'untrusted';
  // The status may be 200: then the reply broke off in its middle.
  if (networkPattern.test(code)) return 'transient';
  if (status === null) return 'not-understood';
  if (status === 501 || status === 507) return 'refused';
  if (status >= 500) return 'transient';
  if (status >= 300) return 'refused';
  return 'not-understood';
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  // Node's errors have a code; those of the SDK have the service's code for a name.
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name;
}

function metadataOf(error: unknown): Pick<AwsFailure, 'status' | 'requestId'> {
  const nothing = { status: null, requestId: null };
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return nothing;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null) return nothing;
  const { httpStatusCode, requestId }: Readonly<Record<string, unknown>> = { ...metadata };
  return {
    status: typeof httpStatusCode === 'number' ? httpStatusCode : null,
    requestId: typeof requestId === 'string' ? requestId : null,
  };
}

function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = error.message
    // the SDK's hint at something that is not shown
    .replace(/Deserialization error: to see the raw response.*/s, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, saidMaxLength);
  return said === '' ? error.name : said;
}
