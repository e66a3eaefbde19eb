import { createHash } from 'node:crypto';
import { AwsError, type AwsReply, type AwsRequest } from '../aws-service.ts';
import { etagOf, type FakeBucket, type Retention } from './fake-bucket.ts';

/** @throws AwsError */
export function putObject(
  bucket: FakeBucket,
  key: string,
  { headers, body }: AwsRequest,
  nowMs: number,
): AwsReply {
  const condition = headers['if-none-match'];
  if (condition !== undefined && condition !== '*') {
    throw new AwsError('NotImplemented', 501, 'If-None-Match of a PUT takes * only');
  }
  checkDigest(headers['content-md5'], 'md5', body);
  checkDigest(headers['x-amz-checksum-sha256'], 'sha256', body);
  const version = bucket.put(
    key,
    {
      body: Uint8Array.from(body),
      metadata: metadataOf(headers),
      checksumSha256: headers['x-amz-checksum-sha256'],
      retention: retentionOf(bucket, headers),
    },
    { ifNoneMatch: condition === '*', nowMs },
  );
  const versioned = bucket.isLocking ? { 'x-amz-version-id': version.versionId } : {};
  return { status: 200, headers: { etag: etagOf(body), ...checksumHeader(version), ...versioned } };
}

export function checksumHeader(version: {
  readonly checksumSha256: string | undefined;
}): Readonly<Record<string, string>> {
  const { checksumSha256 } = version;
  if (checksumSha256 === undefined) return {};
  return { 'x-amz-checksum-sha256': checksumSha256, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

function checkDigest(given: string | undefined, algorithm: string, body: Uint8Array): void {
  if (given === undefined) return;
  if (createHash(algorithm).update(body).digest('base64') === given) return;
  throw new AwsError('BadDigest', 400, `The ${algorithm} you specified did not match`);
}

function metadataOf(headers: AwsRequest['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-')),
  );
}

function retentionOf(bucket: FakeBucket, headers: AwsRequest['headers']): Retention | null {
  const mode = headers['x-amz-object-lock-mode'];
  const until = headers['x-amz-object-lock-retain-until-date'];
  if (mode === undefined && until === undefined) return null;
  if (!bucket.isLocking) {
    throw new AwsError('InvalidRequest', 400, 'Bucket is missing Object Lock Configuration');
  }
  const hasDigest =
    headers['content-md5'] !== undefined ||
    Object.keys(headers).some((name) => name.startsWith('x-amz-checksum-'));
  if (!hasDigest) {
    const text = 'Content-MD5 OR x-amz-checksum- HTTP header is required with Object Lock';
    throw new AwsError('InvalidRequest', 400, text);
  }
  return readRetention(mode, until);
}

/** @throws AwsError InvalidArgument */
export function readRetention(mode: string | undefined, until: string | undefined): Retention {
  const untilMs = Date.parse(until ?? '');
  if ((mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') || Number.isNaN(untilMs)) {
    throw new AwsError('InvalidArgument', 400, 'a retention has a mode and a date');
  }
  return { mode, untilMs };
}
