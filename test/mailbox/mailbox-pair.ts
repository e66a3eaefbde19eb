import { createMemoryObjectStore } from '../../src/adapters/memory/object-store.ts';
import type { SessionId, VolumeId } from '../../src/domain/identifiers.ts';
import { createEngineMailbox, type EngineMailbox } from '../../src/mailbox/engine-mailbox.ts';
import type { MailboxAddress } from '../../src/mailbox/mailbox-address.ts';
import type { WorkerJob } from '../../src/mailbox/worker-job.ts';
import { createWorkerMailbox, type WorkerMailbox } from '../../src/mailbox/worker-mailbox.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ObjectKey, ObjectStore } from '../../src/ports/object-store.ts';
import { createSeededRandom } from './seeded-random.ts';
import { createVirtualClock } from './virtual-clock.ts';

export const sampleAddress: MailboxAddress = {
  sessionId: '0c9a1f0e-5b1d-4c58-9d3e-2f6f0f5a7b11' as SessionId,
  attempt: 1,
};

/** What `Repository.deriveWorkerSecret` would give: other bytes for another session or attempt. */
export function secretOf({ sessionId, attempt }: MailboxAddress): Uint8Array {
  return createSeededRandom(`secret ${sessionId} ${attempt}`).bytes(32);
}

export const sampleJob: WorkerJob = {
  grant: Buffer.from('the data key of this session: 0123456789abcdef'),
  compression: 'balanced',
  volumes: [
    {
      volumeId: 'vol-1' as VolumeId,
      planId: '6a4b8f5c-0d63-4a0c-8f2d-1c7a5f3e9b01',
      sizeBytes: 20 * 1024 ** 4,
      firstPlanned: 7,
    },
  ],
};

export interface MailboxPair {
  readonly objectStore: ObjectStore;
  readonly clock: Clock;
  readonly engine: (options?: SideOptions) => EngineMailbox;
  readonly worker: (options?: SideOptions) => WorkerMailbox;
}

export interface SideOptions {
  readonly address?: MailboxAddress;
  readonly workerSecret?: Uint8Array;
  readonly objectStore?: ObjectStore;
}

/** Makes any number of engine and worker sides on one object store, each with its own randomness. */
export function createMailboxPair(): MailboxPair {
  const objectStore = createMemoryObjectStore();
  const clock = createVirtualClock();
  let sides = 0;
  const optionsOf = ({ address = sampleAddress, ...options }: SideOptions) => {
    sides += 1;
    const random = createSeededRandom(`side ${sides}`);
    const workerSecret = secretOf(address);
    return {
      objectStore,
      clock,
      random,
      workerSecret,
      pollIntervalMs: 500,
      ...address,
      ...options,
    };
  };
  return {
    objectStore,
    clock,
    engine: (options = {}) => createEngineMailbox(optionsOf(options)),
    worker: (options = {}) => createWorkerMailbox(optionsOf(options)),
  };
}

export function neverAborts(): AbortSignal {
  return new AbortController().signal;
}

export async function keysOf(objectStore: ObjectStore, prefix = ''): Promise<readonly string[]> {
  return (await Array.fromAsync(objectStore.list(prefix))).map(({ key }) => key);
}

/** What nobody may do with an object store, and somebody with access to its disk can. */
export async function replaceObject(
  objectStore: ObjectStore,
  key: string,
  body: Uint8Array,
): Promise<void> {
  await objectStore.delete(key as ObjectKey);
  await objectStore.create(key as ObjectKey, body);
}
