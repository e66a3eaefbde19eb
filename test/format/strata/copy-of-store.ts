import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';

/** Everything that a store holds now, in a store of its own. */
export async function copyOfStore(store: ObjectStore): Promise<ObjectStore> {
  const copy = createMemoryObjectStore();
  for await (const { key } of store.list('')) await copy.create(key, await store.get(key));
  return copy;
}
