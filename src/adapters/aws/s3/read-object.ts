import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
} from '@aws-sdk/client-s3';
import { objectNotFound, objectRange, objectTooLarge } from '../../../ports/object-store-errors.ts';
import {
  type ByteRange,
  type ObjectInfo,
  type ObjectKey,
  objectStoreLimits,
} from '../../../ports/object-store.ts';
import { tryLimitMs } from '../client/aws-call-limits.ts';
import { DamagedReply, readAwsFailure } from '../client/aws-failure.ts';
import { readBody, stopBody } from '../client/read-body.ts';
import { retryCall, withinLimit } from '../client/retry-call.ts';
import { setHeader } from '../client/set-header.ts';
import { bucketKey, type S3Connection } from './s3-connection.ts';
import { saysNotFound, unsuitableStore } from './s3-error.ts';

export interface WantedObject {
  readonly key: ObjectKey;
  /** Undefined: the newest. */
  readonly versionId: string | undefined;
}

/**
 * The bytes of an object or of a part of it. Of a whole object the SHA-256 is verified where the
 * store kept one; of a part S3 has none.
 *
 * @throws OBJECT_NOT_FOUND, OBJECT_RANGE, LIMIT_EXCEEDED, STORE_UNSUITABLE for a store that ignores
 *   ranges, and what the client throws
 */
export async function readObject(
  connection: S3Connection,
  { key, versionId, range }: WantedObject & { readonly range: ByteRange | undefined },
): Promise<Uint8Array> {
  const wanted = { key, versionId };
  if (range?.lengthBytes === 0) return await readNothing(connection, wanted, range);
  try {
    return await retryCall(connection, () => getOnce(connection, wanted, range));
  } catch (error) {
    const failure = readAwsFailure(error);
    if (saysNotFound(failure)) throw objectNotFound(key);
    if (range === undefined || failure.status !== 416) throw error;
    const { sizeBytes } = await existing(connection, wanted);
    throw objectRange(key, range, sizeBytes);
  }
}

/** What is known of the object, or null when there is none. @throws what the client throws */
export async function inspectObject(
  connection: S3Connection,
  { key, versionId }: WantedObject,
): Promise<ObjectInfo | null> {
  const { client, clock, limits, location } = connection;
  try {
    return await retryCall(connection, async () => {
      const command = new HeadObjectCommand({
        Bucket: location.bucket,
        Key: bucketKey(location, key),
        ...(versionId === undefined ? {} : { VersionId: versionId }),
      });
      const { ContentLength } = await withinLimit(clock, limits.callTimeoutMs, (abortSignal) =>
        client.send(command, { abortSignal }),
      );
      if (ContentLength === undefined) throw new DamagedReply('it does not say how long it is');
      return { key, sizeBytes: ContentLength };
    });
  } catch (error) {
    if (saysNotFound(readAwsFailure(error))) return null;
    throw error;
  }
}

/** HTTP cannot say a range of no bytes. */
async function readNothing(
  connection: S3Connection,
  wanted: WantedObject,
  range: ByteRange,
): Promise<Uint8Array> {
  const { sizeBytes } = await existing(connection, wanted);
  if (range.offset > sizeBytes) throw objectRange(wanted.key, range, sizeBytes);
  return new Uint8Array();
}

async function existing(connection: S3Connection, wanted: WantedObject): Promise<ObjectInfo> {
  const info = await inspectObject(connection, wanted);
  if (info === null) throw objectNotFound(wanted.key);
  return info;
}

async function getOnce(
  { client, clock, limits, location }: S3Connection,
  { key, versionId }: WantedObject,
  range: ByteRange | undefined,
): Promise<Uint8Array> {
  const command = new GetObjectCommand({
    Bucket: location.bucket,
    Key: bucketKey(location, key),
    ...(versionId === undefined ? {} : { VersionId: versionId }),
    ...(range === undefined ? {} : { Range: headerOf(range) }),
  });
  if (range === undefined) askForChecksum(command);
  const reply = await withinLimit(clock, limits.callTimeoutMs, (abortSignal) =>
    client.send(command, { abortSignal }),
  );
  try {
    const lengthBytes = checkedLength(reply, key, range, location);
    // the time that a body may take depends on a length that is known only now
    // not from the pool, which would keep strangers alive and share them with the caller
    const bytes = new Uint8Array(lengthBytes);
    await withinLimit(clock, tryLimitMs(limits, lengthBytes), () => readBody(reply.Body, bytes));
    if (range === undefined) verifyChecksum(bytes, reply.ChecksumSHA256);
    return bytes;
  } finally {
    stopBody(reply.Body);
  }
}

/** By the header: asked in its own way the SDK verifies too, and a mismatch is then no error of its kind. */
function askForChecksum(command: GetObjectCommand): void {
  command.middlewareStack.add(
    (next) => (args) => {
      setHeader(args.request, 'x-amz-checksum-mode', 'ENABLED');
      return next(args);
    },
    { step: 'build', name: 'snapledgerChecksumMode' },
  );
}

function headerOf({ offset, lengthBytes }: ByteRange): string {
  return `bytes=${offset}-${offset + lengthBytes - 1}`;
}

function checkedLength(
  { ContentLength, ContentRange }: GetObjectCommandOutput,
  key: ObjectKey,
  range: ByteRange | undefined,
  location: S3Connection['location'],
): number {
  if (ContentLength === undefined) throw new DamagedReply('it does not say how long it is');
  if (ContentLength > objectStoreLimits.objectMaxBytes) throw objectTooLarge(key, ContentLength);
  if (range === undefined) return ContentLength;
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(ContentRange ?? '') ?? [];
  if (first === undefined || Number(first) !== range.offset) {
    throw unsuitableStore(location, 'asked for a part of an object, it gives another one');
  }
  if (ContentLength < range.lengthBytes) throw objectRange(key, range, Number(total));
  if (ContentLength > range.lengthBytes) throw new DamagedReply('it is longer than asked for');
  return ContentLength;
}

function verifyChecksum(bytes: Uint8Array, expected: string | undefined): void {
  if (expected === undefined) return;
  if (createHash('sha256').update(bytes).digest('base64') === expected) return;
  throw new DamagedReply('its bytes do not have the SHA-256 that was stored with them');
}
