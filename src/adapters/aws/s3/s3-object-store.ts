import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { Clock } from '../../../ports/clock.ts';
import { assertByteRange, objectBodyOf } from '../../../ports/object-body.ts';
import { assertObjectKey } from '../../../ports/object-key.ts';
import type { S3Location } from '../../../ports/object-store-location.ts';
import { objectNotFound } from '../../../ports/object-store-errors.ts';
import type {
  ByteRange,
  CreateOptions,
  ObjectInfo,
  ObjectKey,
  ObjectStore,
  Retention,
} from '../../../ports/object-store.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import { type AwsCallLimits, awsCallLimits } from '../client/aws-call-limits.ts';
import { retryCall, withinLimit } from '../client/retry-call.ts';
import { createObject } from './create-object.ts';
import { listObjects } from './list-objects.ts';
import { lockedUntil, lockOf } from './object-lock.ts';
import { ObjectVersions } from './object-versions.ts';
import { inspectObject, readObject, type WantedObject } from './read-object.ts';
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

/** Objects that come and go within a session and are under no lock: they are read as they are now. */
const mailboxPrefix = 'control/';

class BucketStore implements S3ObjectStore {
  readonly #connection: S3Connection;

  /** Of a bucket in which points are locked; null: it may well keep no versions. */
  readonly #versions: ObjectVersions | null;
  readonly retention: Retention | null;

  constructor(connection: S3Connection) {
    this.#connection = connection;
    const { lockDays } = connection.location;
    const versions = lockDays === undefined ? null : new ObjectVersions(connection);
    this.#versions = versions;
    this.retention =
      lockDays === undefined || versions === null ? null : this.#retentionFor(lockDays, versions);
  }

  async create(
    key: ObjectKey,
    body: Uint8Array | readonly Uint8Array[],
    options: CreateOptions = {},
  ): Promise<void> {
    assertObjectKey(key);
    const whole = objectBodyOf(key, body);
    const lock = lockOf(this.#connection, key, options);
    await this.#run(`create object "${key}"`, () =>
      createObject(this.#connection, key, whole, lock),
    );
  }

  async get(key: ObjectKey, range?: ByteRange): Promise<Uint8Array> {
    assertObjectKey(key);
    if (range !== undefined) assertByteRange(range);
    return await this.#run(`read object "${key}"`, async () => {
      const content = await this.#reading(key, async (wanted) => {
        try {
          return await readObject(this.#connection, { ...wanted, range });
        } catch (error) {
          if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
          return null;
        }
      });
      if (content === null) throw objectNotFound(key);
      return content;
    });
  }

  async head(key: ObjectKey): Promise<ObjectInfo | null> {
    assertObjectKey(key);
    return await this.#run(`look at object "${key}"`, () =>
      this.#reading(key, (wanted) => inspectObject(this.#connection, wanted)),
    );
  }

  async *list(
    prefix: string,
    options: { readonly after?: ObjectKey } = {},
  ): AsyncGenerator<ObjectInfo> {
    const { after = '' } = options;
    const asMade = prefix.startsWith(mailboxPrefix) ? null : this.#versions;
    yield* this.#listing(
      prefix,
      asMade === null
        ? listObjects(this.#connection, { prefix, after })
        : asMade.list(prefix, after),
    );
  }

  async delete(key: ObjectKey): Promise<void> {
    assertObjectKey(key);
    const { client, clock, limits, location } = this.#connection;
    const versions = this.#versions;
    if (versions !== null) {
      await this.#run(`remove object "${key}"`, () => versions.delete(key));
      return;
    }
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
    const { location, clock } = this.#connection;
    const lock = lockedUntil(location, clock.now() + trialLockMs);
    await this.#run(`create the locked object "${key}"`, () =>
      createObject(this.#connection, key, objectBodyOf(key, body), lock),
    );
  }

  close(): void {
    this.#connection.client.destroy();
  }

  /** Reads the object as it was made; null when there is none. */
  async #reading<T>(
    key: ObjectKey,
    read: (wanted: WantedObject) => Promise<T | null>,
  ): Promise<T | null> {
    const versions = key.startsWith(mailboxPrefix) ? null : this.#versions;
    if (versions === null) return await read({ key, versionId: undefined });
    const versionId = await versions.versionOf(key);
    if (versionId === null) return null;
    const found = await read({ key, versionId });
    if (found !== null) return found;
    // What was remembered is gone; of a name that is used again there is another one.
    versions.forget(key);
    const other = await versions.versionOf(key);
    return other === null ? null : await read({ key, versionId: other });
  }

  async *#listing<T>(prefix: string, listed: AsyncIterable<T>): AsyncGenerator<T> {
    const { location } = this.#connection;
    try {
      yield* listed;
    } catch (error) {
      throw toS3Error(error, { action: `list objects "${prefix}"`, location });
    }
  }

  #retentionFor(pointDays: number, versions: ObjectVersions): Retention {
    return {
      pointDays,
      extend: async (key, until) => {
        assertObjectKey(key);
        await this.#run(`lock object "${key}" for longer`, () => versions.extend(key, until));
      },
      heldUntil: async (key) => {
        assertObjectKey(key);
        return await this.#run(`look at object "${key}"`, () => versions.heldUntil(key));
      },
      disturbed: (prefix) => this.#listing(prefix, versions.disturbed(prefix)),
    };
  }

  async #run<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toS3Error(error, { action, location: this.#connection.location });
    }
  }
}
