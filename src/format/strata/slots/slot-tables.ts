import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryId } from '../../../domain/identifiers.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { removeUnlessHeld } from '../lock/remove-unless-held.ts';
import { parseSlotTableKey, slotTableKey, slotTablesPrefix } from '../object/object-keys.ts';
import { type ReadSlotTable, readSlotTable } from './slot-table.ts';

/** A newer table can replace the one that is being read; more than once in a row is rare. */
const readsMax = 16;

/**
 * The table in force, read anew; null when there is none.
 *
 * @throws OBJECT_CORRUPT, REPOSITORY_VERSION
 */
export async function latestSlotTable(
  objectStore: ObjectStore,
  repositoryId: RepositoryId,
): Promise<ReadSlotTable | null> {
  for (let read = 1; ; read += 1) {
    const number = await latestSlotTableNumber(objectStore, repositoryId);
    if (number === 0) return null;
    try {
      const bytes = await objectStore.get(slotTableKey(repositoryId, number));
      return readSlotTable(bytes, repositoryId, number);
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_NOT_FOUND') || read >= readsMax) throw error;
    }
  }
}

/** 0 when there is none. */
export async function latestSlotTableNumber(
  objectStore: ObjectStore,
  repositoryId: RepositoryId,
): Promise<number> {
  let latest = 0;
  for await (const { key } of objectStore.list(slotTablesPrefix(repositoryId))) {
    latest = Math.max(latest, parseSlotTableKey(key)?.number ?? 0);
  }
  return latest;
}

/**
 * Removes the tables before the one in force, which nobody reads any more. A change does that itself;
 * what is left of one that was interrupted goes with the next, or with a collection.
 */
export async function removeReplacedSlotTables(
  objectStore: ObjectStore,
  repositoryId: RepositoryId,
): Promise<void> {
  const current = await latestSlotTableNumber(objectStore, repositoryId);
  for await (const { key } of objectStore.list(slotTablesPrefix(repositoryId))) {
    const number = parseSlotTableKey(key)?.number ?? current;
    if (number < current) await removeUnlessHeld(objectStore, key);
  }
}
