import { createHash } from 'node:crypto';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { ObjectBody } from '../../../ports/object-body.ts';
import { objectExists } from '../../../ports/object-store-errors.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import { tryLimitMs } from '../client/aws-call-limits.ts';
import { readAwsFailure } from '../client/aws-failure.ts';
import { retryCall, withinLimit } from '../client/retry-call.ts';
import { signPayload } from '../client/signed-payload.ts';
import type { ObjectLock } from './object-lock.ts';
import { refuseWrongClock } from './refuse-wrong-clock.ts';
import { bucketKey, type S3Connection } from './s3-connection.ts';
import { saysNotFound } from './s3-error.ts';

/** Metadata of every object: which creation made it, so that a creation knows its own work again. */
const creationField = 'snapledger-creation';

/**
 * Create-once by `If-None-Match: *`. The body goes out in one piece with its SHA-256, which is
 * calculated once, signed, and kept by the store.
 *
 * A try whose outcome nobody knows (the reply was lost, the service failed) may have made the
 * object. When a later try hears that the key is taken, the object itself tells whose it is.
 *
 * @throws OBJECT_EXISTS, and what the client throws
 */
export async function createObject(
  connection: S3Connection,
  key: ObjectKey,
  body: ObjectBody,
  lock: ObjectLock,
): Promise<void> {
  const creation = connection.random.uuid();
  const whole = Buffer.concat(body.parts, body.sizeBytes);
  const sha256 = createHash('sha256').update(whole).digest();
  let earlierTries: 'known' | 'unknown' = 'known';
  await retryCall(connection, async () => {
    try {
      if (lock.ObjectLockMode !== undefined) refuseWrongClock(connection);
      await putOnce(connection, key, { creation, whole, sha256, lock });
    } catch (error) {
      const { kind, code, status } = readAwsFailure(error);
      if (code !== 'PreconditionFailed' && status !== 412) {
        if (kind === 'transient' || kind === 'throttled') earlierTries = 'unknown';
        throw error;
      }
      const holder = earlierTries === 'unknown' ? await holderOf(connection, key) : 'another';
      if (holder === creation) return;
      if (holder !== null) throw objectExists(key);
      // it was removed since: the key is free
      throw new KeyFreedMeanwhile();
    }
  });
}

/** Retried, like the answer that another request was faster. */
class KeyFreedMeanwhile extends Error {
  readonly code = 'ConditionalRequestConflict';
  constructor() {
    super('the key was taken, and free again a moment later');
  }
}

interface Creation {
  readonly creation: string;
  readonly whole: Buffer;
  readonly sha256: Buffer;
  readonly lock: ObjectLock;
}

async function putOnce(
  { client, clock, limits, location }: S3Connection,
  key: ObjectKey,
  { creation, whole, sha256, lock }: Creation,
): Promise<void> {
  const command = new PutObjectCommand({
    Bucket: location.bucket,
    Key: bucketKey(location, key),
    Body: whole,
    IfNoneMatch: '*',
    ChecksumSHA256: sha256.toString('base64'),
    Metadata: { [creationField]: creation },
    ...lock,
  });
  signPayload(command, sha256);
  await withinLimit(clock, tryLimitMs(limits, whole.byteLength), (abortSignal) =>
    client.send(command, { abortSignal }),
  );
}

/** Which creation made the object, `another` for one that does not say; null when there is none. */
async function holderOf(
  { client, clock, limits, location }: S3Connection,
  key: ObjectKey,
): Promise<string | null> {
  const command = new HeadObjectCommand({
    Bucket: location.bucket,
    Key: bucketKey(location, key),
  });
  try {
    const { Metadata = {} } = await withinLimit(clock, limits.callTimeoutMs, (abortSignal) =>
      client.send(command, { abortSignal }),
    );
    return Metadata[creationField] ?? 'another';
  } catch (error) {
    if (saysNotFound(readAwsFailure(error))) return null;
    throw error;
  }
}
