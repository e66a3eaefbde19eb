import { removeUnlessHeld } from '../lock/remove-unless-held.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';

/** Deletes under way at the same time. */
const concurrentDeletesMax = 8;

/** Removes every object below the prefix but what is held. What appears while it runs may stay. */
export async function removeObjects(objectStore: ObjectStore, prefix: string): Promise<void> {
  let batch: ObjectKey[] = [];
  const flush = async (): Promise<void> => {
    await Promise.all(batch.map((key) => removeUnlessHeld(objectStore, key)));
    batch = [];
  };
  for await (const { key } of objectStore.list(prefix)) {
    batch.push(key);
    if (batch.length === concurrentDeletesMax) await flush();
  }
  await flush();
}
