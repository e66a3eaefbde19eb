import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { logKeysOf, type LogKeys } from '../../../src/engine/transparency-log/log-keys.ts';
import { streamMarkKey } from '../../../src/engine/transparency-log/log-objects.ts';
import { LogWriter, type StreamToSeal } from '../../../src/engine/transparency-log/log-writer.ts';
import type { RepositoryId } from '../../../src/domain/identifiers.ts';
import type { Ledger } from '../../../src/engine/ledger/ledger.ts';
import type { Repository } from '../../../src/format/repository.ts';
import type { EventStore, StreamName } from '../../../src/ports/event-store.ts';
import type { ObjectKey, ObjectStore } from '../../../src/ports/object-store.ts';
import { counted, counter, ledgerRig } from '../ledger/ledger-rig.ts';

/** A ledger in memory and the log that it is sealed into. */
export interface SealedLedgerRig {
  readonly eventStore: EventStore;
  readonly objectStore: ObjectStore;
  readonly ledger: Ledger;
  readonly keys: LogKeys;
  readonly writer: LogWriter;
  /** Appends to a stream and seals it. */
  readonly record: (stream: StreamName, ...amounts: readonly number[]) => Promise<string | null>;
}

export const sessionA = 'session-00000000-0000-4000-8000-00000000000a' as StreamName;
export const sessionB = 'session-00000000-0000-4000-8000-00000000000b' as StreamName;
export const instanceA = 'instance-web-1' as StreamName;

export function ofWeb1(stream: StreamName): StreamToSeal {
  return { stream, subject: instanceA };
}

/** @param seed of the signing key; the same one gives the same keys */
export function testLogKeys(seed: number): Promise<LogKeys> {
  return logKeysOf(testRepository(seed));
}

/** What a repository says of the keys of its ledger. */
export function testRepository(seed: number): Pick<Repository, 'id' | 'deriveLedgerKeys'> {
  return {
    id: '0b8f6f6e-4f0e-4f7e-8a52-6f1f0a0b9c3d' as RepositoryId,
    deriveLedgerKeys: () =>
      Promise.resolve({
        signingSeed: new Uint8Array(32).fill(seed),
        readKey: new Uint8Array(32).fill(2),
      }),
  };
}

export async function sealedLedgerRig(
  parts: { readonly eventStore?: EventStore; readonly objectStore?: ObjectStore } = {},
): Promise<SealedLedgerRig> {
  const eventStore = parts.eventStore ?? createMemoryEventStore();
  const objectStore = parts.objectStore ?? createMemoryObjectStore();
  const { ledger } = ledgerRig({ eventStore });
  const keys = await testLogKeys(1);
  const writer = new LogWriter({ objectStore, eventStore, random: systemRandom, keys });
  return {
    eventStore,
    objectStore,
    ledger,
    keys,
    writer,
    record: async (stream, ...amounts) => {
      for (const event of counted(...amounts)) {
        await ledger.append(await ledger.load(stream, counter), [event], 'Count', counter);
      }
      return writer.seal([ofWeb1(stream)]);
    },
  };
}

/** A copy of all objects, as somebody with access to the bucket leaves it. */
export async function copyOfObjects(
  objectStore: ObjectStore,
  change: (key: string, body: Uint8Array) => Uint8Array | null = (_, body) => body,
): Promise<ObjectStore> {
  const copy = createMemoryObjectStore();
  for await (const { key } of objectStore.list('')) {
    const body = change(key, await objectStore.get(key));
    if (body !== null) await copy.create(key, body);
  }
  return copy;
}

/**
 * Makes the marks of a bucket speak for another stream instead, of as many records: the only way to have an engine
 * seal a second time what is sealed.
 */
export async function exchangeMark(
  objectStore: ObjectStore,
  stream: StreamName,
  revision: number,
): Promise<void> {
  await objectStore.delete(streamMarkKey(stream, revision));
  await objectStore.create(streamMarkKey(unknownSession, revision), new Uint8Array(32));
}

/**
 * A log that has the first event of session A (1) at its beginning and again at its end.
 *
 * @param amount of the second one; another one than 1 makes it another record
 */
export async function ledgerSealedTwice(amount: number): Promise<SealedLedgerRig> {
  const rig = await sealedLedgerRig();
  await rig.record(sessionA, 1);
  await rig.record(sessionB, 2);
  await rig.record(sessionB, 3);
  await exchangeMark(rig.objectStore, sessionA, 1);
  const { objectStore, keys } = rig;
  const elsewhere = await sealedLedgerRig();
  await elsewhere.record(sessionA, amount);
  const { eventStore } = amount === 1 ? rig : elsewhere;
  const random = systemRandom;
  await new LogWriter({ objectStore, eventStore, random, keys }).seal([ofWeb1(sessionA)]);
  await objectStore.delete(streamMarkKey(unknownSession, 1));
  return rig;
}

const unknownSession = 'session-00000000-0000-4000-8000-0000000000ff' as StreamName;

export async function keysUnder(
  objectStore: ObjectStore,
  prefix: string,
): Promise<readonly ObjectKey[]> {
  return Array.fromAsync(objectStore.list(prefix), ({ key }) => key);
}
