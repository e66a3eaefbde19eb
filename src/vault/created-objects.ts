import { createHash } from 'node:crypto';
import {
  hasErrorCode,
  isSnapledgerError,
  SnapledgerError,
} from '../domain/errors/snapledger-error.ts';
import { objectBodyOf } from '../ports/object-body.ts';
import type { ObjectKey, ObjectStore } from '../ports/object-store.ts';

/** An object store that remembers what was made through it, so that it can be taken back. */
export interface CreatedObjects {
  readonly objectStore: ObjectStore;
  /**
   * Removes what was made: `first` if it is among it, then the newest before the older; of what nobody knows
   * whether it was made, only what has exactly these bytes.
   *
   * @throws what the store throws; the keys that are left are in `left`
   */
  takeBack(first: ObjectKey): Promise<void>;
  /** The keys of what may still be there. */
  left(): readonly ObjectKey[];
}

export function createdObjectsIn(inner: ObjectStore): CreatedObjects {
  /** With the digests of what was to be in them. */
  const attempted = new Map<ObjectKey, string>();
  return {
    objectStore: {
      async create(key, body, options) {
        attempted.set(key, digestOf(objectBodyOf(key, body).parts));
        try {
          await inner.create(key, body, options);
        } catch (error) {
          if (hasErrorCode(error, 'OBJECT_EXISTS')) attempted.delete(key);
          throw error;
        }
      },
      get: (key, range) => inner.get(key, range),
      head: (key) => inner.head(key),
      list: (prefix, options) => inner.list(prefix, options),
      async delete(key) {
        await inner.delete(key);
        attempted.delete(key);
      },
      retention: inner.retention,
    },
    async takeBack(first) {
      const newestFirst = [...attempted].reverse();
      const inOrder = [
        ...newestFirst.filter(([key]) => key === first),
        ...newestFirst.filter(([key]) => key !== first),
      ];
      for (const [key, digest] of inOrder) {
        if (await holds(inner, key, digest)) await inner.delete(key);
        attempted.delete(key);
      }
    },
    left: () => [...attempted.keys()],
  };
}

async function holds(store: ObjectStore, key: ObjectKey, digest: string): Promise<boolean> {
  try {
    return digestOf([await store.get(key)]) === digest;
  } catch (error) {
    if (hasErrorCode(error, 'OBJECT_NOT_FOUND')) return false;
    throw error;
  }
}

function digestOf(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/**
 * Does `work` on a store, and takes back what it has made there when it fails.
 *
 * @param first goes before the rest: that without which nothing else counts, so that a program which
 *   ends in between leaves nothing that looks whole
 * @throws what `work` throws; when something could not be taken back, with the keys in the message
 */
export async function orTakenBack<Result>(
  inner: ObjectStore,
  first: ObjectKey,
  work: (objectStore: ObjectStore) => Promise<Result>,
): Promise<Result> {
  const created = createdObjectsIn(inner);
  try {
    return await work(created.objectStore);
  } catch (error) {
    const [taken] = await Promise.allSettled([created.takeBack(first)]);
    if (taken.status === 'fulfilled' || !isSnapledgerError(error)) throw error;
    const { code, message, retry, remedy = '', details } = error;
    throw new SnapledgerError(code, message, {
      retry,
      cause: error,
      remedy: `${remedy} Remove what could not be taken back: ${created.left().join(', ')}.`.trim(),
      details,
    });
  }
}
