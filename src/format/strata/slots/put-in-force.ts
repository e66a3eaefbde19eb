import { hasErrorCode, isSnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { KeyChangeTrouble } from '../../key-slots.ts';
import type { SlotSecret } from '../../keys/key-slot.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { pointLockAt } from '../lock/lock-generation.ts';
import { extendAll } from '../lock/retain-needs.ts';
import { slotTableKey } from '../object/object-keys.ts';
import { encodeSlotTable, type ReadSlotTable, type SlotTable } from './slot-table.ts';
import { latestSlotTable, latestSlotTableNumber, removeReplacedSlotTables } from './slot-tables.ts';
import { eraseMasterKeys, openSlotTable } from './unlock-repository.ts';

/** A table that is to follow the one in force, and what it takes to know it again. */
export interface NextSlotTable {
  readonly table: SlotTable;
  readonly changeId: Uint8Array;
  /** The one in its slots. */
  readonly masterKey: Uint8Array;
  /** Opens its slots, also after a rotation by somebody who keeps this one. */
  readonly secret: SlotSecret;
}

/** `overtaken`: somebody else has made a change meanwhile, and this one has changed nothing. */
export type PutInForce =
  | { readonly outcome: 'overtaken' }
  | { readonly outcome: 'made'; readonly afterwards: KeyChangeTrouble | null };

/**
 * Puts a table in force, if it follows the one that was, and removes those that it replaces. Once it
 * is there, what fails is told beside the outcome.
 *
 * @throws what the store throws while creating it; OBJECT_CORRUPT, REPOSITORY_VERSION and
 *   WRONG_PASSPHRASE, for the table of somebody who was faster
 */
export async function putInForce(
  objectStore: ObjectStore,
  next: NextSlotTable,
): Promise<PutInForce> {
  const { table, masterKey } = next;
  const objectKey = slotTableKey(table.repositoryId, table.number);
  try {
    await objectStore.create(objectKey, encodeSlotTable(table, masterKey));
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    // It may be our own: a store that repeats a request whose answer was lost meets its own success.
    const latest = await latestOrRefuse(objectStore, table);
    if (!(await isMadeIn(latest, next))) return { outcome: 'overtaken' };
    return await cleanedUp(objectStore, table);
  }
  try {
    if ((await latestSlotTableNumber(objectStore, table.repositoryId)) !== table.number) {
      const latest = await latestOrRefuse(objectStore, table);
      if (!(await isMadeIn(latest, next))) {
        // The number was free again: it was used, and a later table has replaced it. Or somebody
        // without a key has put one above ours: the table before is still there for the day when
        // that is removed, and the next try finds it out.
        await objectStore.delete(objectKey);
        return { outcome: 'overtaken' };
      }
    }
  } catch (error) {
    if (!isSnapledgerError(error)) throw error;
    return { outcome: 'made', afterwards: { inForce: 'unknown', error } };
  }
  return await cleanedUp(objectStore, table);
}

/** Whether a change is part of a later table; others may have made theirs on top of it. */
async function isMadeIn(latest: ReadSlotTable, next: NextSlotTable): Promise<boolean> {
  const { table, changeId, masterKey, secret } = next;
  if (!latest.changeIds.some((id) => Buffer.compare(id, changeId) === 0)) return false;
  // Whoever reads the store can copy the id into a table of their own.
  if (latest.epoch === table.epoch) latest.authenticate(masterKey);
  else eraseMasterKeys((await openSlotTable(latest, secret)).masterKeys);
  return true;
}

async function latestOrRefuse(
  objectStore: ObjectStore,
  { repositoryId, number }: SlotTable,
): Promise<ReadSlotTable> {
  const latest = await latestSlotTable(objectStore, repositoryId);
  if (latest !== null) return latest;
  const objectKey = slotTableKey(repositoryId, number);
  throw objectCorrupt({ objectKey }, 'no table of key slots is left');
}

async function cleanedUp(objectStore: ObjectStore, table: SlotTable): Promise<PutInForce> {
  try {
    await lockTable(objectStore, table);
    await removeReplacedSlotTables(objectStore, table.repositoryId);
    return { outcome: 'made', afterwards: null };
  } catch (error) {
    if (!isSnapledgerError(error)) throw error;
    return { outcome: 'made', afterwards: { inForce: 'yes', error } };
  }
}

async function lockTable(
  objectStore: ObjectStore,
  { repositoryId, number, createdAt }: SlotTable,
): Promise<void> {
  const { retention } = objectStore;
  if (retention === null) return;
  const { retainUntil } = pointLockAt(retention, createdAt);
  try {
    await extendAll(retention, [slotTableKey(repositoryId, number)], retainUntil);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
    // Whoever has made the next change meanwhile has removed it, and locks theirs.
    if ((await latestSlotTableNumber(objectStore, repositoryId)) <= number) throw error;
  }
}
