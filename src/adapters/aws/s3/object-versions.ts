import {
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { isSnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../../../domain/identifiers.ts';
import { isObjectKey } from '../../../ports/object-key.ts';
import { objectHeld, objectNotFound } from '../../../ports/object-store-errors.ts';
import type { ObjectInfo, ObjectKey } from '../../../ports/object-store.ts';
import { readAwsFailure } from '../client/aws-failure.ts';
import { retryCall, withinLimit } from '../client/retry-call.ts';
import { isAfter } from './list-objects.ts';
import { listVersions, type NameInBucket, versionsPage } from './list-versions.ts';
import { lockModeOf, timeOf } from './object-lock.ts';
import { bucketKey, type S3Connection } from './s3-connection.ts';
import { refuseWrongClock } from './refuse-wrong-clock.ts';
import { saysNotFound } from './s3-error.ts';

/** Versions that are asked for when one object is looked at: more only when somebody has put many over it. */
const singleLookMaxKeys = 10;
/** Of objects whose version is remembered: some 200 bytes each. */
const rememberedMax = 65_536;

/**
 * The objects of a bucket with Object Lock as they were made, whatever was put over them since: a
 * marker that hides one, or another body under its name. Each name is written once, so its oldest version
 * is the object; that is what is locked, and what nobody can have replaced.
 */
export class ObjectVersions {
  readonly #connection: S3Connection;
  readonly #remembered = new Map<string, string>();

  constructor(connection: S3Connection) {
    this.#connection = connection;
  }

  /** The version to ask for; null when there is no object. Of packs it asks about a thousand neighbours as well. */
  async versionOf(key: ObjectKey): Promise<string | null> {
    const name = bucketKey(this.#connection.location, key);
    const known = this.#remembered.get(name);
    if (known !== undefined) return known;
    const prefix = name.slice(0, name.lastIndexOf('/') + 1);
    // A name that comes right before: the listing begins after it.
    const { names, next } = await versionsPage(this.#connection, {
      prefix,
      after: name.slice(0, -1),
      ...(key.startsWith('packs/') ? {} : { maxKeys: singleLookMaxKeys }),
    });
    // The versions of the last name may go on in the next page.
    const whole = next === null ? names : names.slice(0, -1);
    for (const found of whole) this.#remember(found);
    const last = names.at(-1)?.name;
    if (next === null || (last !== undefined && isAfter(last, name))) {
      return this.#remembered.get(name) ?? null;
    }
    return (await this.#find(name))?.oldest?.versionId ?? null;
  }

  /** A version that was remembered is gone. */
  forget(key: ObjectKey): void {
    this.#remembered.delete(bucketKey(this.#connection.location, key));
  }

  async *list(prefix: string, after: string): AsyncGenerator<ObjectInfo> {
    const own = bucketKey(this.#connection.location, '');
    for await (const found of this.#namesFrom(prefix, after)) {
      if (found.oldest === null) continue;
      this.#remember(found);
      const key = found.name.slice(own.length);
      if (isObjectKey(key)) yield { key, sizeBytes: found.oldest.sizeBytes };
    }
  }

  /** Objects with a marker or another version over them. */
  async *disturbed(prefix: string): AsyncGenerator<ObjectKey> {
    const own = bucketKey(this.#connection.location, '');
    for await (const { name, oldest, versionIds } of this.#namesFrom(prefix, '')) {
      const key = name.slice(own.length);
      if (oldest !== null && versionIds.length > 1 && isObjectKey(key)) yield key;
    }
  }

  /** Removes all versions, and what hides them, so that nothing is left that is paid for. @throws OBJECT_HELD */
  async delete(key: ObjectKey): Promise<void> {
    const name = bucketKey(this.#connection.location, key);
    const found = await this.#find(name);
    if (found === null) return;
    let refused: unknown = null;
    for (const versionId of found.versionIds) {
      try {
        await this.#deleteVersion(name, versionId);
      } catch (error) {
        refused = await this.#heldOr(error, key, versionId);
        if (!isSnapledgerError(refused)) throw refused;
      }
    }
    if (refused !== null) throw refused as Error;
    this.#remembered.delete(name);
  }

  /** @throws OBJECT_NOT_FOUND */
  async heldUntil(key: ObjectKey): Promise<TimestampMs | null> {
    const versionId = await this.versionOf(key);
    if (versionId === null) throw objectNotFound(key);
    return await this.#heldUntil(key, versionId);
  }

  /** @throws OBJECT_NOT_FOUND */
  async extend(key: ObjectKey, until: TimestampMs): Promise<void> {
    const { client, clock, limits, location } = this.#connection;
    const versionId = await this.versionOf(key);
    if (versionId === null) throw objectNotFound(key);
    const command = new PutObjectRetentionCommand({
      Bucket: location.bucket,
      Key: bucketKey(location, key),
      VersionId: versionId,
      Retention: { Mode: lockModeOf(location), RetainUntilDate: new Date(until) },
    });
    try {
      await retryCall(this.#connection, () => {
        refuseWrongClock(this.#connection);
        return withinLimit(clock, limits.callTimeoutMs, (abortSignal) =>
          client.send(command, { abortSignal }),
        );
      });
    } catch (error) {
      const failure = readAwsFailure(error);
      if (saysNotFound(failure)) throw objectNotFound(key);
      // A lock cannot be made shorter, and need not be.
      if (failure.kind !== 'denied') throw error;
      const before = await this.#heldUntil(key, versionId).catch(() => null);
      if (before === null || before < until) throw error;
    }
  }

  #remember({ name, oldest }: NameInBucket): void {
    if (oldest === null) return;
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    this.#remembered.set(name, oldest.versionId);
  }

  async #find(name: string): Promise<NameInBucket | null> {
    for await (const found of listVersions(this.#connection, {
      prefix: name,
      after: name.slice(0, -1),
    })) {
      return found.name === name ? found : null;
    }
    return null;
  }

  #namesFrom(prefix: string, after: string): AsyncGenerator<NameInBucket> {
    const { location } = this.#connection;
    return listVersions(this.#connection, {
      prefix: bucketKey(location, '') + prefix,
      after: after === '' ? '' : bucketKey(location, '') + after,
    });
  }

  async #deleteVersion(name: string, versionId: string): Promise<void> {
    const { client, clock, limits, location } = this.#connection;
    await retryCall(this.#connection, async () => {
      const which = { Bucket: location.bucket, Key: name, VersionId: versionId };
      await withinLimit(clock, limits.callTimeoutMs, (abortSignal) =>
        client.send(new DeleteObjectCommand(which), { abortSignal }),
      );
    });
  }

  /** What a refusal means: OBJECT_HELD, or what the service says. */
  async #heldOr(error: unknown, key: ObjectKey, versionId: string): Promise<unknown> {
    const { kind, said } = readAwsFailure(error);
    if (kind !== 'denied') return error;
    const until = await this.#heldUntil(key, versionId).catch(() => null);
    const isHeld =
      until !== null && (until > this.#connection.clock.now() || /object lock/i.test(said));
    return isHeld ? objectHeld(key, until, error) : error;
  }

  async #heldUntil(key: ObjectKey, versionId: string): Promise<TimestampMs | null> {
    const { client, clock, limits, location } = this.#connection;
    const which = { Bucket: location.bucket, Key: bucketKey(location, key), VersionId: versionId };
    try {
      return await retryCall(this.#connection, async () => {
        const { ObjectLockRetainUntilDate } = await withinLimit(
          clock,
          limits.callTimeoutMs,
          (abortSignal) => client.send(new HeadObjectCommand(which), { abortSignal }),
        );
        return timeOf(ObjectLockRetainUntilDate);
      });
    } catch (error) {
      if (!saysNotFound(readAwsFailure(error))) throw error;
      this.forget(key);
      throw objectNotFound(key);
    }
  }
}
