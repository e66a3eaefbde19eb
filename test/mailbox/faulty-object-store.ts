import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { ObjectKey, ObjectStore } from '../../src/ports/object-store.ts';

export type StoreCall = 'create' | 'get' | 'head' | 'delete';

/** `lost-reply`: the call has its effect, and still fails. */
export type Fault = 'none' | 'unavailable' | 'lost-reply';

/** An object store in front of another one, whose calls fail as `faultOf` says. */
export function createFaultyObjectStore(
  store: ObjectStore,
  faultOf: (call: StoreCall, key: ObjectKey) => Fault,
): ObjectStore {
  const suffer = async <T>(call: StoreCall, key: ObjectKey, work: () => Promise<T>): Promise<T> => {
    const fault = faultOf(call, key);
    if (fault === 'unavailable') throw unavailable(call, key);
    const result = await work();
    if (fault === 'lost-reply') throw unavailable(call, key);
    return result;
  };
  return {
    create: (key, body) => suffer('create', key, () => store.create(key, body)),
    get: (key, range) => suffer('get', key, () => store.get(key, range)),
    head: (key) => suffer('head', key, () => store.head(key)),
    list: (prefix, options) => store.list(prefix, options),
    delete: (key) => suffer('delete', key, () => store.delete(key)),
    retention: null,
  };
}

function unavailable(call: StoreCall, key: ObjectKey): SnapledgerError {
  return new SnapledgerError('STORE_UNAVAILABLE', `${call} of ${key} failed (injected)`, {
    retry: 'retryable',
  });
}
