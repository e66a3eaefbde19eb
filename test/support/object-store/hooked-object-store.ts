import type {
  ByteRange,
  CreateOptions,
  ObjectInfo,
  ObjectKey,
  ObjectStore,
} from '../../../src/ports/object-store.ts';

export type ObjectStoreMethod = 'create' | 'get' | 'head' | 'list' | 'delete' | 'extend' | 'held';

export interface ObjectStoreCall {
  readonly method: ObjectStoreMethod;
  /** The key; for `list` its prefix. */
  readonly key: string;
}

export interface ObjectStoreHooks {
  /** Before the call has any effect; when it throws, the call has none. */
  readonly before?: (call: ObjectStoreCall) => Promise<void>;
  /** After the call's whole effect (for `list`: after its last object); when it throws, the answer is lost. */
  readonly after?: (call: ObjectStoreCall) => Promise<void>;
}

/** Forwards to `inner`, with something to do around every call: the base of the other doubles. */
export function createHookedObjectStore(inner: ObjectStore, hooks: ObjectStoreHooks): ObjectStore {
  const around = async <T>(call: ObjectStoreCall, work: () => Promise<T>): Promise<T> => {
    await hooks.before?.(call);
    const result = await work();
    await hooks.after?.(call);
    return result;
  };
  const { retention } = inner;
  return {
    create: (key: ObjectKey, body: Uint8Array | readonly Uint8Array[], options?: CreateOptions) =>
      around({ method: 'create', key }, () => inner.create(key, body, options)),
    get: (key: ObjectKey, range?: ByteRange) =>
      around({ method: 'get', key }, () => inner.get(key, range)),
    head: (key: ObjectKey) => around({ method: 'head', key }, () => inner.head(key)),
    delete: (key: ObjectKey) => around({ method: 'delete', key }, () => inner.delete(key)),
    async *list(
      prefix: string,
      options?: { readonly after?: ObjectKey },
    ): AsyncGenerator<ObjectInfo> {
      const call = { method: 'list', key: prefix } as const;
      await hooks.before?.(call);
      yield* inner.list(prefix, options);
      await hooks.after?.(call);
    },
    retention:
      retention === null
        ? null
        : {
            pointDays: retention.pointDays,
            extend: (key, until) =>
              around({ method: 'extend', key }, () => retention.extend(key, until)),
            heldUntil: (key) => around({ method: 'held', key }, () => retention.heldUntil(key)),
            disturbed: (prefix) => retention.disturbed(prefix),
          },
  };
}
