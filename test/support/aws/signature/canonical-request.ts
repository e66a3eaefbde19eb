import { createHash } from 'node:crypto';
import type { AwsServiceName } from '../aws-service.ts';
import type { ReceivedRequest } from './received-request.ts';

/**
 * What a signature of version 4 is made over, as "Create a signed AWS API request" of the IAM user
 * guide has it. Paths of S3 stand as they were sent; those of other services are encoded once more.
 */
export function canonicalRequest(
  request: ReceivedRequest,
  signed: {
    readonly service: AwsServiceName;
    readonly signedHeaders: readonly string[];
    readonly payloadHash: string;
  },
): string {
  const { path, query } = splitUrl(request.url);
  return [
    request.method,
    signed.service === 's3' ? path : path.split('/').map(encodeRfc3986).join('/'),
    canonicalQuery(query),
    ...signed.signedHeaders.map((name) => `${name}:${canonicalValue(request, name)}`),
    '',
    signed.signedHeaders.join(';'),
    signed.payloadHash,
  ].join('\n');
}

export function splitUrl(url: string): { readonly path: string; readonly query: string } {
  const mark = url.indexOf('?');
  return mark < 0
    ? { path: url, query: '' }
    : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

/** Names and values, decoded, in the order they came. */
export function parseQuery(query: string): readonly (readonly [string, string])[] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [decodeURIComponent(name), decodeURIComponent(value.join('='))] as const;
    });
}

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function canonicalQuery(query: string): string {
  return parseQuery(query)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
    .sort()
    .join('&');
}

function canonicalValue(request: ReceivedRequest, name: string): string {
  return (request.headers[name] ?? '').trim().replace(/ +/g, ' ');
}

function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
