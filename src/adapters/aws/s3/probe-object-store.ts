import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { S3Location } from '../../../ports/object-store-location.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import { unsuitableStore } from './s3-error.ts';
import type { S3ObjectStore } from './s3-object-store.ts';

/** Creators of one key at the same time. */
const racers = 8;

/**
 * Finds out whether a store keeps the promises that a repository rests on: a key that is taken
 * cannot be written again, of many creators one wins, parts can be read, what is removed is gone.
 * Everything is tried on objects of its own, which are removed again.
 *
 * A race that went well proves little; a store that does not look at the condition at all, which is
 * the common fault, is found for certain.
 *
 * @throws STORE_UNSUITABLE, and what the store throws
 */
export async function probeObjectStore(
  store: S3ObjectStore,
  location: S3Location,
  random: RandomSource,
): Promise<void> {
  const key = `control/probe-${random.uuid()}/object` as ObjectKey;
  const contested = `control/probe-${random.uuid()}/contested` as ObjectKey;
  const locked = `control/probe-${random.uuid()}/locked` as ObjectKey;
  const isLocking = location.ledgerLockDays !== undefined || location.lockDays !== undefined;
  try {
    await probeCreateOnce(store, location, key);
    await probeReads(store, location, key);
    await probeRace(store, location, contested);
    if (isLocking) await store.createLocked(locked, bodyOf(1));
  } finally {
    await store.delete(key);
    await store.delete(contested);
    // It stays, a hundred bytes that are in nobody's way: the lock outlasts the probe.
    if (isLocking) await removeOrHold(store, locked);
  }
  if ((await store.head(key)) !== null) {
    throw unsuitableStore(location, 'it still shows an object that was removed');
  }
}

async function removeOrHold(store: ObjectStore, key: ObjectKey): Promise<void> {
  try {
    await store.delete(key);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_HELD')) throw error;
  }
}

async function probeCreateOnce(
  store: ObjectStore,
  location: S3Location,
  key: ObjectKey,
): Promise<void> {
  await store.create(key, bodyOf(1));
  if (await isCreated(store, key, bodyOf(2))) {
    throw unsuitableStore(location, 'it overwrites an object that must not be overwritten');
  }
}

async function probeReads(store: ObjectStore, location: S3Location, key: ObjectKey): Promise<void> {
  const whole = await store.get(key);
  const part = await store.get(key, { offset: 4, lengthBytes: 2 });
  const isRight =
    Buffer.compare(whole, bodyOf(1)) === 0 &&
    Buffer.compare(part, bodyOf(1).subarray(4, 6)) === 0 &&
    (await Array.fromAsync(store.list(key))).length === 1;
  if (!isRight) throw unsuitableStore(location, 'it does not give back what it was given');
}

async function probeRace(store: ObjectStore, location: S3Location, key: ObjectKey): Promise<void> {
  const attempts = Array.from({ length: racers }, (_, n) => isCreated(store, key, bodyOf(n)));
  const outcomes = await Promise.all(attempts);
  const winners = outcomes.filter((isWinner) => isWinner).length;
  if (winners === 1) return;
  throw unsuitableStore(
    location,
    `of ${racers} creators of one object ${winners} were told that they made it`,
  );
}

async function isCreated(store: ObjectStore, key: ObjectKey, body: Uint8Array): Promise<boolean> {
  try {
    await store.create(key, body);
    return true;
  } catch (error) {
    if (hasErrorCode(error, 'OBJECT_EXISTS')) return false;
    throw error;
  }
}

function bodyOf(author: number): Uint8Array {
  return new TextEncoder().encode(`probe ${author}, of a snapledger repository`);
}
