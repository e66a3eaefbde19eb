import type { ObjectStore } from '../../ports/object-store.ts';

export interface SettlingStore {
  readonly store: ObjectStore;
  /** Resolves when nothing that was to be made is under way any more. */
  readonly settled: () => Promise<void>;
}

/**
 * An object store that knows what is still being made in it. A transfer that is left does not wait for
 * its uploads; one that comes after the clean-up of its session would stay.
 */
export function createSettlingStore(inner: ObjectStore): SettlingStore {
  const underWay = new Set<Promise<void>>();
  const store: ObjectStore = {
    create: async (key, body, options) => {
      const made = inner.create(key, body, options);
      underWay.add(made);
      try {
        await made;
      } finally {
        underWay.delete(made);
      }
    },
    get: (key, range, room) => inner.get(key, range, room),
    head: (key) => inner.head(key),
    list: (prefix, options) => inner.list(prefix, options),
    delete: (key) => inner.delete(key),
    retention: inner.retention,
  };
  return {
    store,
    settled: async () => {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}
