import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryId } from '../../../domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import type { RepositoryOptions } from '../../repository-options.ts';
import { type Argon2Parameters, newPassphraseSecret } from '../../keys/key-slot.ts';
import type { RepositoryKeys } from '../keys/repository-keys.ts';
import { deriveRepositoryKeys, keySizeBytes } from '../keys/repository-keys.ts';
import { headerObjectKey, slotTableKey } from '../object/object-keys.ts';
import { encodeSlotTable } from '../slots/slot-table.ts';
import { newTableSlot } from '../slots/new-table-slot.ts';
import { encodeHeader } from './repository-header.ts';

const firstSlotLabel = 'passphrase';

/**
 * Makes a new repository: draws its id and master key, and creates its first table of key slots, then
 * its header, which is the one step that decides. A table without a header is nobody's: it is below
 * an id that nothing else has.
 *
 * @throws REPOSITORY_EXISTS, INVALID_ARGUMENT for an unusable passphrase
 */
export async function createHeader(
  options: RepositoryOptions,
  hardness: Argon2Parameters,
): Promise<RepositoryKeys> {
  const { objectStore, random, clock } = options;
  // The costly key derivation is spared when the answer is known already.
  if ((await objectStore.head(headerObjectKey)) !== null) throw repositoryExists();
  const repositoryId = random.uuid() as RepositoryId;
  const masterKey = random.bytes(keySizeBytes);
  const keys = deriveRepositoryKeys([masterKey], repositoryId, 1);
  const tableKey = slotTableKey(repositoryId, 1);
  try {
    const createdAt = clock.now();
    const secret = newPassphraseSecret(options.secret.passphrase);
    const place = { repositoryId, epoch: 0, masterKey };
    const slot = await newTableSlot(place, secret, firstSlotLabel, { random, clock, hardness });
    const table = {
      repositoryId,
      number: 1,
      createdAt,
      epoch: 0,
      epochSince: createdAt,
      slots: [slot],
      olderMasterKeys: [],
      changeIds: [],
    };
    await objectStore.create(tableKey, encodeSlotTable(table, masterKey));
    const header = encodeHeader({ repositoryId, createdAt }, keys.headerKey);
    await createOrRefuse(objectStore, header, tableKey);
  } finally {
    masterKey.fill(0);
  }
  return keys;
}

/** Creates the header; when another one is there the table for this one goes again. */
async function createOrRefuse(
  objectStore: ObjectStore,
  header: Uint8Array,
  tableKey: ObjectKey,
): Promise<void> {
  try {
    await objectStore.create(headerObjectKey, header);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    // It may be our own: a store that repeats a request whose answer was lost meets its own success.
    if (Buffer.compare(await objectStore.get(headerObjectKey), header) === 0) return;
    await objectStore.delete(tableKey);
    throw repositoryExists(error);
  }
}

function repositoryExists(cause?: unknown): SnapledgerError {
  return new SnapledgerError('REPOSITORY_EXISTS', 'there is a repository here already', {
    cause,
    remedy: 'Open it, or choose an empty place for the new one.',
  });
}
