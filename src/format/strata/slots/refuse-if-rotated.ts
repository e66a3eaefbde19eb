import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { RepositoryKeys } from '../keys/repository-keys.ts';
import { latestSlotTable, latestSlotTableNumber } from './slot-tables.ts';

/**
 * Refuses to go on with keys that are not the newest any more.
 *
 * @throws MASTER_KEY_ROTATED, OBJECT_CORRUPT
 */
export async function refuseIfRotated({
  objectStore,
  keys,
}: {
  readonly objectStore: ObjectStore;
  readonly keys: RepositoryKeys;
}): Promise<void> {
  const { repositoryId, slotTableNumber, epochs } = keys;
  // Nearly always: nobody has changed anything since the repository was opened.
  if ((await latestSlotTableNumber(objectStore, repositoryId)) <= slotTableNumber) return;
  const latest = await latestSlotTable(objectStore, repositoryId);
  if (latest === null || latest.epoch < epochs.length) return;
  throw new SnapledgerError(
    'MASTER_KEY_ROTATED',
    'the master key of the repository was rotated after this program opened it',
    { remedy: 'Start the program again (or close and open the vault); nothing is lost.' },
  );
}
