import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { createHookedObjectStore, type ObjectStoreMethod } from './hooked-object-store.ts';

export interface CountingObjectStore extends ObjectStore {
  /** Calls so far, those that failed included. A whole listing counts as one. */
  countOf(method: ObjectStoreMethod, key?: RegExp): number;
}

/**
 * Counts requests, so that a test can hold code to how few it needs.
 *
 * Cannot prove: what requests cost. A listing on S3 is one request for each 1000 objects, and
 * bytes are not counted.
 */
export function createCountingObjectStore(inner: ObjectStore): CountingObjectStore {
  const calls: { readonly method: ObjectStoreMethod; readonly key: string }[] = [];
  const hooked = createHookedObjectStore(inner, {
    before: (call) => {
      calls.push(call);
      return Promise.resolve();
    },
  });
  return {
    ...hooked,
    countOf: (method, key) =>
      calls.filter((call) => call.method === method && key?.test(call.key) !== false).length,
  };
}
