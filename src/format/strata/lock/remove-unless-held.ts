import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';

/** Removes an object, unless nobody can yet: that is no error, and a collection comes back for it. */
export async function removeUnlessHeld(
  objectStore: ObjectStore,
  key: ObjectKey,
): Promise<'removed' | 'held'> {
  try {
    await objectStore.delete(key);
    return 'removed';
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_HELD')) throw error;
    return 'held';
  }
}
