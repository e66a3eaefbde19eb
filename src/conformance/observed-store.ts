import { objectBodyOf } from '../ports/object-body.ts';
import type { ObjectKey, ObjectStore } from '../ports/object-store.ts';

/** An object that is about to be created. */
export interface CreateCall {
  readonly key: ObjectKey;
  readonly parts: readonly Uint8Array[];
}

/** Forwards to `inner`, and calls `before` ahead of every creation; when that throws, none is made. */
export function observeCreates(
  inner: ObjectStore,
  before: (call: CreateCall) => Promise<void>,
): ObjectStore {
  return {
    async create(key, body, options) {
      await before({ key, parts: objectBodyOf(key, body).parts });
      await inner.create(key, body, options);
    },
    get: (key, range, room) => inner.get(key, range, room),
    head: (key) => inner.head(key),
    list: (prefix, options) => inner.list(prefix, options),
    delete: (key) => inner.delete(key),
    retention: inner.retention,
  };
}
