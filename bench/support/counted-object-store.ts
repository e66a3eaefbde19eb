import type { ObjectStore } from '../../src/ports/object-store.ts';

/** Requests as S3 charges them: what writes or lists in one class, what reads in the other. */
export interface RequestCounts {
  puts: number;
  lists: number;
  gets: number;
}

/** Dollars for a request of S3 Standard in us-east-1. */
export const dollarsForRequest = { put: 0.005 / 1000, list: 0.005 / 1000, get: 0.0004 / 1000 };

/** Forwards to `inner` and counts; what lists is one request for each 1,000 names. */
export function countedObjectStore(inner: ObjectStore): {
  readonly objectStore: ObjectStore;
  readonly counts: RequestCounts;
} {
  const counts: RequestCounts = { puts: 0, lists: 0, gets: 0 };
  const objectStore: ObjectStore = {
    create: (key, body, options) => {
      counts.puts += 1;
      return inner.create(key, body, options);
    },
    get: (key, range, room) => {
      counts.gets += 1;
      return inner.get(key, range, room);
    },
    head: (key) => {
      counts.gets += 1;
      return inner.head(key);
    },
    async *list(prefix, options) {
      let names = 0;
      for await (const listed of inner.list(prefix, options)) {
        if (names % 1000 === 0) counts.lists += 1;
        names += 1;
        yield listed;
      }
      if (names === 0) counts.lists += 1;
    },
    delete: (key) => inner.delete(key),
    retention: inner.retention,
  };
  return { objectStore, counts };
}
