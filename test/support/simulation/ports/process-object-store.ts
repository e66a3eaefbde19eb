import type { ObjectKey, ObjectStore } from '../../../../src/ports/object-store.ts';
import type { SimulatedProcess } from '../simulated-process.ts';

/**
 * The object store as one process reaches it.
 *
 * @param onCreated told of each object that this process has made
 */
export function processObjectStore(
  process: SimulatedProcess,
  inner: ObjectStore,
  onCreated: (key: ObjectKey) => void,
): ObjectStore {
  const call = <T>(what: string, effect: () => Promise<T>): Promise<T> =>
    process.call({ port: 'store', what }, effect);
  return {
    retention: null,
    create: (key, body) =>
      call(`create ${key}`, () => {
        const created = inner.create(key, body);
        created.then(
          () => {
            onCreated(key);
          },
          () => undefined,
        );
        return created;
      }),
    get: (key, range) => call(`get ${key}`, () => inner.get(key, range)),
    head: (key) => call(`head ${key}`, () => inner.head(key)),
    delete: (key) => call(`delete ${key}`, () => inner.delete(key)),
    async *list(prefix, options) {
      yield* await call(`list ${prefix}`, () => Array.fromAsync(inner.list(prefix, options)));
    },
  };
}
