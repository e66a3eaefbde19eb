import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';

/**
 * Makes an object durable that somebody else has created: who did may have died between making it
 * visible and making it durable. Creating the same bytes again is refused only once they are.
 *
 * @throws OBJECT_NOT_FOUND
 */
export async function makeDurable(objectStore: ObjectStore, objectKey: ObjectKey): Promise<void> {
  try {
    await objectStore.create(objectKey, await objectStore.get(objectKey));
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
  }
}
