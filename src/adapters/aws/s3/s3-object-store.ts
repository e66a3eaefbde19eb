import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Clock } from '../../../ports/clock.ts';
import { assertByteRange, objectBodyOf } from '../../../ports/object-body.ts';
import { assertObjectKey } from '../../../ports/object-key.ts';
import type { S3Location } from '../../../ports/object-store-location.ts';
import type { ByteRange, ObjectInfo, ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import { type AwsCallLimits, awsCallLimits } from '../client/aws-call-limits.ts';
import { retryCall, withinLimit } from '../client/retry-call.ts';
import { createObject } from './create-object.ts';
import { ledgerLockOf, lockedUntil } from './ledger-lock.ts';
import { listObjects } from './list-objects.ts';
import { inspectObject, readObject } from './read-object.ts';
import {
  bucketKey,
  createS3Client,
  type S3Connection,
  type S3Credentials,
} from './s3-connection.ts';
import { toS3Error } from './s3-error.ts';

export interface S3ObjectStoreOptions {
  readonly location: S3Location;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Default: what the default chain of AWS finds. */
  readonly credentials?: S3Credentials;
  readonly limits?: AwsCallLimits;
}

export interface S3ObjectStore extends ObjectStore {
  /**
   * Makes an object that nobody can remove for a minute.
   *
   * @throws as `create`; STORE_UNSUITABLE when the bucket has no Object Lock
   */
  createLocked(key: ObjectKey, body: Uint8Array): Promise<void>;
  /** Gives its connections up. */
  close(): void;
}

/**
 * An object store in a bucket of S3, or of a store that speaks its protocol, for any number of
 * processes at once. Asks nothing yet: whether the bucket is fit is what `probeObjectStore` finds.
 *
 * Besides the errors of the port every method may reject with STORE_ACCESS_DENIED,
 * BUCKET_NOT_FOUND and STORE_UNSUITABLE.
 */
export function openS3ObjectStore(options: S3ObjectStoreOptions): S3ObjectStore {
  const { location, clock, random, credentials = null, limits = awsCallLimits } = options;
  const client = createS3Client(location, { limits }, credentials);
  return new BucketStore({ client, location, clock, random, limits });
}

const trialLockMs = 60_000;

class BucketStore implements S3ObjectStore {
  readonly #connection: S3Connection;

  constructor(connection: S3Connection) {
    this.#connection = connection;
  }

  async create(key: ObjectKey, body: Uint8Array | readonly Uint8Array[]): Promise<void> {
    assertObjectKey(key);
    const whole = objectBodyOf(key, body);
    const lock = ledgerLockOf(this.#connection, key);
    await this.#run(`create object "${key}"`, () =>
      createObject(this.#connection, key, whole, lock),
    );
  }

  async get(key: ObjectKey, range?: ByteRange): Promise<Uint8Array> {
    assertObjectKey(key);
    if (range !== undefined) assertByteRange(range);
    return await this.#run(`read object "${key}"`, () => readObject(this.#connection, key, range));
  }

  async head(key: ObjectKey): Promise<ObjectInfo | null> {
    assertObjectKey(key);
    return await this.#run(`look at object "${key}"`, () => inspectObject(this.#connection, key));
  }

  async *list(
    prefix: string,
    options: { readonly after?: ObjectKey } = {},
  ): AsyncGenerator<ObjectInfo> {
    const { location } = this.#connection;
    try {
      yield* listObjects(this.#connection, { prefix, after: options.after ?? '' });
    } catch (error) {
      throw toS3Error(error, { action: `list objects "${prefix}"`, location });
    }
  }

  async delete(key: ObjectKey): Promise<void> {
    assertObjectKey(key);
    const { client, clock, limits, location } = this.#connection;
    await this.#run(`remove object "${key}"`, () =>
      retryCall(this.#connection, async () => {
        const command = new DeleteObjectCommand({
          Bucket: location.bucket,
          Key: bucketKey(location, key),
        });
        await withinLimit(clock, limits.callTimeoutMs, (abortSignal) =>
          client.send(command, { abortSignal }),
        );
      }),
    );
  }

  async createLocked(key: ObjectKey, body: Uint8Array): Promise<void> {
    const lock = lockedUntil(this.#connection.clock.now() + trialLockMs);
    await this.#run(`create the locked object "${key}"`, () =>
      createObject(this.#connection, key, objectBodyOf(key, body), lock),
    );
  }

  close(): void {
    this.#connection.client.destroy();
  }

  async #run<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toS3Error(error, { action, location: this.#connection.location });
    }
  }
}
