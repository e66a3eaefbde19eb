import { hasErrorCode, isSnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectKey, ObjectStore } from '../ports/object-store.ts';
import type { RandomSource } from '../ports/random-source.ts';

/**
 * How long a worker puts up with a store that does not answer: about half a minute for one call.
 * Longer outages end the attempt; the engine makes another one, which goes on where this one was.
 */
const patience = { attemptsMax: 10, firstDelayMs: 100, delayMaxMs: 8_000 } as const;

export interface PatientStoreOptions {
  readonly objectStore: ObjectStore;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/** The writes of a worker's mailbox, each tried again while the store says that this may help. */
export interface PatientStore {
  /**
   * `taken`: the key holds something else. A try whose reply was lost may have made the object, so
   * a key that holds these very bytes counts as created.
   */
  create(key: ObjectKey, body: Uint8Array): Promise<'created' | 'taken'>;
  exists(key: ObjectKey): Promise<boolean>;
  delete(key: ObjectKey): Promise<void>;
}

export function createPatientStore(options: PatientStoreOptions): PatientStore {
  const { objectStore } = options;

  const createOrCompare = async (
    key: ObjectKey,
    body: Uint8Array,
  ): Promise<'created' | 'taken'> => {
    try {
      await objectStore.create(key, body);
      return 'created';
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    }
    const info = await objectStore.head(key);
    if (info?.sizeBytes !== body.byteLength) return 'taken';
    return Buffer.compare(await objectStore.get(key), body) === 0 ? 'created' : 'taken';
  };

  return {
    create: (key, body) => retrying(() => createOrCompare(key, body), options),
    exists: (key) => retrying(async () => (await objectStore.head(key)) !== null, options),
    delete: (key) => retrying(() => objectStore.delete(key), options),
  };
}

async function retrying<T>(
  call: () => Promise<T>,
  { clock, random }: PatientStoreOptions,
): Promise<T> {
  let delayMs: number = patience.firstDelayMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isSnapledgerError(error) || error.retry !== 'retryable') throw error;
      if (attempt === patience.attemptsMax) throw error;
    }
    // Between half of the delay and the whole of it, so that many workers do not come back at once.
    const fraction = (random.bytes(1)[0] ?? 0) / 255;
    await clock.sleep(Math.ceil(delayMs * (0.5 + fraction / 2)));
    delayMs = Math.min(delayMs * 2, patience.delayMaxMs);
  }
}
