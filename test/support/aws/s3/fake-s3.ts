import { AwsError, type AwsReply, type AwsRequest, type AwsService } from '../aws-service.ts';
import type { FakeBucket } from './fake-bucket.ts';
import { getObject } from './get-object.ts';
import { listObjects, pageMaxKeys } from './list-objects.ts';
import { listVersions } from './list-versions.ts';
import { putObject, readRetention } from './put-object.ts';
import { xmlDocument } from './s3-xml.ts';

export interface FakeS3Options {
  readonly buckets: readonly FakeBucket[];
  /** Objects in one page of a listing at most; S3 may give fewer than asked for at any time. */
  readonly pageKeys?: number;
  readonly now?: () => number;
}

/**
 * A FAKE of S3's REST API with path style: PutObject, GetObject, HeadObject, DeleteObject,
 * ListObjectsV2, ListObjectVersions, HeadBucket, PutObjectRetention. One lock around each request: what S3 does about
 * races is more than that, and 409 ConditionalRequestConflict comes only when it is armed.
 *
 * It cannot prove anything of S3's durability, speed, throttling, policies, encryption or regions.
 */
export function createFakeS3(options: FakeS3Options): AwsService {
  const { buckets, pageKeys = pageMaxKeys, now = Date.now } = options;
  return {
    name: 's3',
    operationOf,
    handle: (request) => Promise.resolve(handle(request)),
    errorReply,
  };

  function handle(request: AwsRequest): AwsReply {
    const { bucketName, key } = targetOf(request);
    const bucket = buckets.find(({ name }) => name === bucketName);
    if (bucket === undefined) {
      throw new AwsError('NoSuchBucket', 404, 'The specified bucket does not exist');
    }
    if (bucket.region !== request.region) return elsewhere(bucket);
    switch (operationOf(request)) {
      case 'PutObject':
        return putObject(bucket, key, request, now());
      case 'PutObjectRetention':
        bucket.retain(key, retentionOf(request), request.query.get('versionId'));
        return { status: 200 };
      case 'GetObject':
      case 'HeadObject':
        return forMethod(request, getObject(bucket, key, request));
      case 'DeleteObject':
        return deleteObject(bucket, key, request);
      case 'ListObjectsV2':
        return listObjects(bucket, request, pageKeys);
      case 'ListObjectVersions':
        return listVersions(bucket, request, pageKeys);
      case 'HeadBucket':
        return { status: 200, headers: { 'x-amz-bucket-region': bucket.region } };
      default:
        throw new AwsError('NotImplemented', 501, `this fake has no ${operationOf(request)}`);
    }
  }

  function deleteObject(bucket: FakeBucket, key: string, { query }: AwsRequest): AwsReply {
    const versionId = query.get('versionId');
    if (versionId === undefined) bucket.delete(key, now());
    else bucket.deleteVersion(key, versionId, now());
    return { status: 204 };
  }
}

function operationOf(request: AwsRequest): string {
  const { method, query } = request;
  const { key } = targetOf(request);
  if (key === '') {
    if (method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
    if (method === 'GET' && query.has('versions')) return 'ListObjectVersions';
    return method === 'HEAD' ? 'HeadBucket' : `${method} of a bucket`;
  }
  switch (method) {
    case 'PUT':
      return query.has('retention') ? 'PutObjectRetention' : 'PutObject';
    case 'GET':
      return 'GetObject';
    case 'HEAD':
      return 'HeadObject';
    case 'DELETE':
      return 'DeleteObject';
    default:
      return `${method} of an object`;
  }
}

function targetOf({ path }: AwsRequest): { readonly bucketName: string; readonly key: string } {
  const [, bucketName = '', ...key] = path.split('/');
  return { bucketName, key: decodeURIComponent(key.join('/')) };
}

/** A reply to HEAD has the headers of one to GET, the length included, and no body. */
function forMethod({ method }: AwsRequest, reply: AwsReply): AwsReply {
  if (method !== 'HEAD') return reply;
  const length = String(Buffer.byteLength(reply.body ?? ''));
  return { status: reply.status, headers: { ...reply.headers, 'content-length': length } };
}

function elsewhere(bucket: FakeBucket): AwsReply {
  return {
    status: 301,
    headers: { 'x-amz-bucket-region': bucket.region, 'content-type': 'application/xml' },
    body: xmlDocument('Error', {
      Code: 'PermanentRedirect',
      Message: 'The bucket you are attempting to access must be addressed using another endpoint.',
      Bucket: bucket.name,
    }),
  };
}

function retentionOf({ body }: AwsRequest): ReturnType<typeof readRetention> {
  const text = new TextDecoder().decode(body);
  const [, mode] = /<Mode>(\w+)<\/Mode>/.exec(text) ?? [];
  const [, until] = /<RetainUntilDate>([^<]+)<\/RetainUntilDate>/.exec(text) ?? [];
  return readRetention(mode, until);
}

function errorReply(error: AwsError, requestId: string): AwsReply {
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('Error', {
      Code: error.code,
      Message: error.message,
      RequestId: requestId,
    }),
  };
}
