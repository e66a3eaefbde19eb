import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import { objectHeld, objectNotFound } from '../../../src/ports/object-store-errors.ts';
import type { ObjectKey, ObjectStore } from '../../../src/ports/object-store.ts';

export interface LockingOptions {
  readonly pointDays: number;
  readonly now: () => number;
  /** Shared by the programs that see the same store. */
  readonly locks: Map<ObjectKey, TimestampMs>;
}

/**
 * Keeps the objects of `inner` until their dates, as far as is asked through this handle.
 *
 * Cannot prove: what holds against whoever has another handle; that is the affair of a real store.
 */
export function createLockingObjectStore(
  inner: ObjectStore,
  { pointDays, now, locks }: LockingOptions,
): ObjectStore {
  const requireObject = async (key: ObjectKey): Promise<void> => {
    if ((await inner.head(key)) === null) throw objectNotFound(key);
  };
  return {
    create: async (key, body, options = {}) => {
      await inner.create(key, body);
      if (options.retainUntil !== undefined) locks.set(key, options.retainUntil);
    },
    get: (key, range, room) => inner.get(key, range, room),
    head: (key) => inner.head(key),
    list: (prefix, options) => inner.list(prefix, options),
    delete: async (key) => {
      const until = locks.get(key);
      if (until !== undefined && now() < until) throw objectHeld(key, until);
      await inner.delete(key);
      locks.delete(key);
    },
    retention: {
      pointDays,
      extend: async (key, until) => {
        await requireObject(key);
        const before = locks.get(key) ?? until;
        locks.set(key, before > until ? before : until);
      },
      heldUntil: async (key) => {
        await requireObject(key);
        return locks.get(key) ?? null;
      },
      disturbed: () => inner.list('nobody has touched anything') as AsyncIterable<never>,
    },
  };
}
