import type { ObjectStore } from '../../../ports/object-store.ts';

/** Removes all objects whose keys begin so. */
export async function removeObjects(objectStore: ObjectStore, prefix: string): Promise<void> {
  for await (const { key } of objectStore.list(prefix)) await objectStore.delete(key);
}
