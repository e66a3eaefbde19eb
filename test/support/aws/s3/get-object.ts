import { AwsError, type AwsReply, type AwsRequest } from '../aws-service.ts';
import {
  etagOf,
  type FakeBucket,
  noSuchKey,
  noSuchVersion,
  type StoredVersion,
} from './fake-bucket.ts';
import { checksumHeader } from './put-object.ts';

/** Of GET and HEAD: what HEAD has no body for is left out by the caller. @throws AwsError */
export function getObject(bucket: FakeBucket, key: string, request: AwsRequest): AwsReply {
  const versionId = request.query.get('versionId');
  const version = bucket.version(key, versionId);
  if (version === undefined) throw versionId === undefined ? noSuchKey(key) : noSuchVersion(key);
  const headers = { ...factsOf(version), 'accept-ranges': 'bytes' };
  const { body } = version;
  const range = request.headers['range'];
  if (range === undefined) {
    const isAsked = request.headers['x-amz-checksum-mode'] === 'ENABLED';
    const checksum = isAsked ? checksumHeader(version) : {};
    return { status: 200, headers: { ...headers, ...checksum }, body };
  }
  const { first, last } = readRange(range, body.byteLength);
  return {
    status: 206,
    // the checksum of the whole says nothing of a part, and is not sent with one
    headers: { ...headers, 'content-range': `bytes ${first}-${last}/${body.byteLength}` },
    body: body.subarray(first, last + 1),
  };
}

function factsOf(version: StoredVersion): Readonly<Record<string, string>> {
  const { retention } = version;
  const lock =
    retention === null
      ? {}
      : {
          'x-amz-object-lock-mode': retention.mode,
          'x-amz-object-lock-retain-until-date': new Date(retention.untilMs).toISOString(),
        };
  return {
    etag: etagOf(version.body),
    'last-modified': new Date(version.modifiedMs).toUTCString(),
    'content-type': 'application/octet-stream',
    ...version.metadata,
    ...lock,
  };
}

/** A range that begins inside is cut at the end; one that begins behind it is an error. */
function readRange(
  range: string,
  sizeBytes: number,
): { readonly first: number; readonly last: number } {
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (first === '') throw new AwsError('NotImplemented', 501, `the range ${range}`);
  if (Number(first) >= sizeBytes) {
    throw new AwsError('InvalidRange', 416, 'The requested range is not satisfiable');
  }
  return { first: Number(first), last: Math.min(Number(last), sizeBytes - 1) };
}
