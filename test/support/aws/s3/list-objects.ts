import type { AwsReply, AwsRequest } from '../aws-service.ts';
import { etagOf, type FakeBucket } from './fake-bucket.ts';
import { xmlDocument } from './s3-xml.ts';

/** What S3 gives in one page, whatever is asked for. */
export const pageMaxKeys = 1000;

/** ListObjectsV2, without delimiters. A page ends early when `pageKeys` says so. */
export function listObjects(bucket: FakeBucket, { query }: AwsRequest, pageKeys: number): AwsReply {
  const prefix = query.get('prefix') ?? '';
  const token = query.get('continuation-token');
  const after = token === undefined ? (query.get('start-after') ?? '') : fromToken(token);
  const maxKeys = Math.min(Number(query.get('max-keys') ?? pageMaxKeys), pageKeys);
  const found = bucket.keys().filter((key) => key.startsWith(prefix) && isAfter(key, after));
  const page = found.slice(0, maxKeys);
  const encode = query.get('encoding-type') === 'url' ? encodeKey : (key: string): string => key;
  const isTruncated = found.length > page.length;
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('ListBucketResult', {
      Name: bucket.name,
      Prefix: encode(prefix),
      KeyCount: page.length,
      MaxKeys: maxKeys,
      IsTruncated: isTruncated,
      EncodingType: query.get('encoding-type'),
      NextContinuationToken: isTruncated ? toToken(page.at(-1) ?? '') : undefined,
      Contents: page.map((key) => {
        const body = bucket.current(key)?.body ?? new Uint8Array();
        return { Key: encode(key), Size: body.byteLength, ETag: etagOf(body) };
      }),
    }),
  };
}

export function isAfter(key: string, after: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
}

export function encodeKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/').replaceAll('%20', '+');
}

function toToken(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function fromToken(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}
