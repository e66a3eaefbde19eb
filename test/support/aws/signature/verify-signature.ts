import { createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError, type AwsServiceName } from '../aws-service.ts';
import { canonicalRequest, parseQuery, sha256Hex, splitUrl } from './canonical-request.ts';
import type { ReceivedRequest } from './received-request.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of a role's credentials: has to come with every request. */
  readonly sessionToken?: string;
  /** Default: {@link ownAccountId}. */
  readonly accountId?: string;
  /** Of a role's: when they end. */
  readonly expiresAtMs?: number;
}

/** The account of whoever says no other. */
export const ownAccountId = '111122223333';

/** Who signed for what. */
export interface VerifiedSignature {
  readonly service: AwsServiceName;
  readonly region: string;
  readonly accessKeyId: string;
  readonly accountId: string;
}

/** What a request says of its signature, in the Authorization header or in a presigned URL. */
interface Claim {
  readonly place: 'header' | 'query';
  readonly accessKeyId: string;
  readonly day: string;
  readonly region: string;
  readonly service: AwsServiceName;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly time: string;
  /** Of a presigned URL: how long it holds. */
  readonly validS: number;
  readonly sessionToken: string | undefined;
}

const algorithm = 'AWS4-HMAC-SHA256';
/** What AWS allows the clock of a caller to be wrong. */
const skewMaxS = 15 * 60;
const unsigned = 'UNSIGNED-PAYLOAD';

/** The service that a request is meant for, before anything of it is verified. */
export function claimedService(request: ReceivedRequest): AwsServiceName {
  return readClaim(request).service;
}

/**
 * Verifies a signature of version 4 and the hash of the payload.
 *
 * Takes the body as one piece, signed or UNSIGNED-PAYLOAD. Signed chunks (STREAMING-…) are
 * refused: nothing here has a reason to send them.
 *
 * @throws AwsError as S3 words it; other services use other codes for the same
 */
export function verifySignature(
  request: ReceivedRequest,
  credentials: readonly AwsCredentials[],
  nowMs: number,
): VerifiedSignature {
  const claim = readClaim(request);
  const owner = credentials.find(({ accessKeyId }) => accessKeyId === claim.accessKeyId);
  if (owner === undefined) throw refused('InvalidAccessKeyId', 'this access key id is not known');
  if (owner.sessionToken !== claim.sessionToken) {
    throw refused('InvalidToken', 'the session token is not that of the access key');
  }
  checkTime(claim, nowMs);
  checkSignedHeaders(request, claim);
  const payloadHash = checkPayload(request, claim);
  const expected = sign(
    owner.secretAccessKey,
    claim,
    canonicalRequest(request, { ...claim, payloadHash }),
  );
  if (!isSame(expected, claim.signature)) {
    throw refused('SignatureDoesNotMatch', 'the signature is not the one that was calculated here');
  }
  const { service, region, accessKeyId } = claim;
  const { accountId = ownAccountId, expiresAtMs = Infinity } = owner;
  if (nowMs >= expiresAtMs) {
    throw service === 'ec2'
      ? refused('RequestExpired', 'Request has expired.', 400)
      : refused('ExpiredToken', 'The security token included in the request is expired', 403);
  }
  return { service, region, accessKeyId, accountId };
}

function readClaim(request: ReceivedRequest): Claim {
  const header = request.headers['authorization'];
  return header === undefined ? claimOfQuery(request) : claimOfHeader(request, header);
}

function claimOfHeader(request: ReceivedRequest, header: string): Claim {
  const [, credential, signedHeaders, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    ) ?? [];
  if (credential === undefined || signedHeaders === undefined || signature === undefined) {
    throw refused('AuthorizationHeaderMalformed', 'the Authorization header cannot be read', 400);
  }
  return {
    place: 'header',
    ...scopeOf(credential),
    signedHeaders: signedHeaders.split(';'),
    signature,
    time: request.headers['x-amz-date'] ?? '',
    validS: skewMaxS,
    sessionToken: request.headers['x-amz-security-token'],
  };
}

function claimOfQuery(request: ReceivedRequest): Claim {
  const query = new Map(parseQuery(splitUrl(request.url).query));
  if (query.get('X-Amz-Algorithm') !== algorithm) {
    throw refused('AccessDenied', 'the request is not signed');
  }
  return {
    place: 'query',
    ...scopeOf(query.get('X-Amz-Credential') ?? ''),
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').split(';'),
    signature: query.get('X-Amz-Signature') ?? '',
    time: query.get('X-Amz-Date') ?? '',
    validS: Number(query.get('X-Amz-Expires')),
    sessionToken: query.get('X-Amz-Security-Token'),
  };
}

function scopeOf(credential: string): Pick<Claim, 'accessKeyId' | 'day' | 'region' | 'service'> {
  const [accessKeyId = '', day = '', region = '', service = '', end = ''] = credential.split('/');
  if (end !== 'aws4_request' || !isFaked(service)) {
    throw refused('AuthorizationHeaderMalformed', `the scope ${credential} is none of ours`, 400);
  }
  return { accessKeyId, day, region, service };
}

function isFaked(service: string): service is AwsServiceName {
  return service === 's3' || service === 'ec2' || service === 'ebs' || service === 'sts';
}

function checkTime({ time, day, validS, place }: Claim, nowMs: number): void {
  const [, year, month, date, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  if (second === undefined || !time.startsWith(day)) {
    throw refused('AccessDenied', 'the time of the request is missing or not that of its scope');
  }
  const signedMs = Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`);
  const ageS = (nowMs - signedMs) / 1000;
  if (ageS < -skewMaxS || !(ageS <= validS)) {
    if (place === 'query') throw refused('AccessDenied', 'Request has expired');
    throw refused('RequestTimeTooSkewed', 'the time of the request is too far from the time here');
  }
}

/** Whatever decides what is done has to be covered by the signature. */
function checkSignedHeaders(request: ReceivedRequest, claim: Claim): void {
  const names = Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'));
  for (const name of ['host', ...names]) {
    if (!claim.signedHeaders.includes(name)) {
      throw refused('AccessDenied', `the header ${name} is not signed`);
    }
  }
}

function checkPayload(request: ReceivedRequest, { place, service }: Claim): string {
  if (place === 'query') return unsigned;
  const said = request.headers['x-amz-content-sha256'];
  if (said === undefined) {
    if (service !== 's3') return sha256Hex(request.body);
    throw refused('InvalidRequest', 'the header x-amz-content-sha256 is missing', 400);
  }
  if (said === unsigned) return said;
  if (said.startsWith('STREAMING-')) {
    throw refused('NotImplemented', 'this fake takes bodies in one piece only', 501);
  }
  if (said !== sha256Hex(request.body)) {
    const text = 'the body is not the one that x-amz-content-sha256 was made of';
    throw refused('XAmzContentSHA256Mismatch', text, 400);
  }
  return said;
}

function sign(secret: string, { day, region, service, time }: Claim, canonical: string): string {
  const scope = [day, region, service, 'aws4_request'];
  const text = [algorithm, time, scope.join('/'), sha256Hex(canonical)].join('\n');
  const key = scope.reduce<Uint8Array | string>(
    (previous, part) => createHmac('sha256', previous).update(part).digest(),
    `AWS4${secret}`,
  );
  return createHmac('sha256', key).update(text).digest('hex');
}

function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}

function refused(code: string, message: string, status = 403): AwsError {
  return new AwsError(code, status, message);
}
