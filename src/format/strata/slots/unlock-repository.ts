import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import type { RepositoryOptions } from '../../repository-options.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';
import { type ReadHeader, readHeader } from '../header/repository-header.ts';
import {
  lockParameters,
  type SlotSecret,
  slotSecretOf,
  unwrapMasterKey,
} from '../../keys/key-slot.ts';
import {
  deriveFromMasterKey,
  deriveRepositoryKeys,
  type RepositoryKeys,
} from '../keys/repository-keys.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { headerObjectKey, slotTableKey } from '../object/object-keys.ts';
import { openOlderMasterKeys } from './older-master-keys.ts';
import { type ReadSlotTable, type TableSlot, tableSlotAad } from './slot-table.ts';
import { latestSlotTable } from './slot-tables.ts';

/** A repository whose master keys are at hand. Whoever has it erases them. */
export interface UnlockedRepository {
  readonly header: ReadHeader;
  /** Null: of an older repository whose only slots are those in its header. */
  readonly table: ReadSlotTable | null;
  /** The slot that was opened; null for one in the header. */
  readonly slot: TableSlot | null;
  /** What opened it. */
  readonly secret: SlotSecret;
  /** By epoch, the newest last. */
  readonly masterKeys: readonly Uint8Array[];
}

const headerSlotLabel = 'snapledger/strata/1/key-slot';

/**
 * Opens a repository with a passphrase or a recovery key, and derives its keys.
 *
 * @throws NOT_A_REPOSITORY, REPOSITORY_VERSION, WRONG_PASSPHRASE, OBJECT_CORRUPT
 */
export async function unlockRepository(
  options: Pick<RepositoryOptions, 'objectStore' | 'secret'>,
): Promise<RepositoryKeys> {
  const { header, table, masterKeys } = await unlockMasterKeys(options);
  const keys = deriveRepositoryKeys(masterKeys, header.repositoryId, table?.number ?? 0);
  eraseMasterKeys(masterKeys);
  return keys;
}

/**
 * The same with the master keys themselves, for who changes slots.
 *
 * @throws NOT_A_REPOSITORY, REPOSITORY_VERSION, WRONG_PASSPHRASE, OBJECT_CORRUPT
 */
export async function unlockMasterKeys(
  options: Pick<RepositoryOptions, 'objectStore' | 'secret'>,
): Promise<UnlockedRepository> {
  const header = readHeader(await getHeader(options));
  const table = await latestSlotTable(options.objectStore, header.repositoryId);
  const secret = slotSecretOf(options.secret);
  if (table === null && header.slotPlace === 'tables') {
    const objectKey = slotTableKey(header.repositoryId, 1);
    throw objectCorrupt({ objectKey }, 'no table of key slots is left');
  }
  const unlocked =
    table === null
      ? await openHeaderSlot(header, secret)
      : { header, table, secret, ...(await openSlotTable(table, secret)) };
  const [first] = unlocked.masterKeys;
  assert(first !== undefined, 'an open repository has a master key');
  header.authenticate(deriveFromMasterKey(first, uuidToBytes(header.repositoryId), 'header'));
  return unlocked;
}

/** Overwrites them. */
export function eraseMasterKeys(masterKeys: readonly Uint8Array[]): void {
  for (const masterKey of masterKeys) masterKey.fill(0);
}

async function openHeaderSlot(header: ReadHeader, secret: SlotSecret): Promise<UnlockedRepository> {
  for (const slot of header.slots) {
    const aad = Buffer.concat([
      Buffer.from(headerSlotLabel, 'ascii'),
      uuidToBytes(header.repositoryId),
      lockParameters(slot.lock),
    ]);
    const masterKey = await unwrapMasterKey(slot, secret, aad);
    if (masterKey !== null) {
      return { header, table: null, slot: null, secret, masterKeys: [masterKey] };
    }
  }
  throw wrongSecret(secret, headerObjectKey);
}

/**
 * The slot of a table that a secret opens, and the master keys by their epoch; the table is authentic.
 *
 * @throws WRONG_PASSPHRASE, OBJECT_CORRUPT; both name the table
 */
export async function openSlotTable(
  table: ReadSlotTable,
  secret: SlotSecret,
): Promise<Pick<UnlockedRepository, 'masterKeys'> & { readonly slot: TableSlot }> {
  for (const slot of table.slots) {
    const aad = tableSlotAad(table, slot.id, slot.lock);
    const masterKey = await unwrapMasterKey(slot, secret, aad);
    if (masterKey === null) continue;
    table.authenticate(masterKey);
    return { slot, masterKeys: openOlderMasterKeys(table, masterKey) };
  }
  throw wrongSecret(secret, slotTableKey(table.repositoryId, table.number));
}

/** Slots that nobody's secret opens can have been put there by anybody, so their place is named. */
function wrongSecret({ kind }: SlotSecret, objectKey: ObjectKey): SnapledgerError {
  const what = kind === 'passphrase' ? 'passphrase' : 'recovery key';
  const again =
    'Try again; without a right passphrase or recovery key nobody can read the repository.';
  const forged =
    ` If none opens it any more, somebody else may have put '${objectKey}' there, whose key slots ` +
    'were tried: docs/threat-model.md says what to do then.';
  return new SnapledgerError('WRONG_PASSPHRASE', `the ${what} does not open this repository`, {
    remedy: objectKey === headerObjectKey ? again : again + forged,
    details: { objectKey },
  });
}

async function getHeader({
  objectStore,
}: Pick<RepositoryOptions, 'objectStore'>): Promise<Uint8Array> {
  try {
    return await objectStore.get(headerObjectKey);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
    throw new SnapledgerError('NOT_A_REPOSITORY', 'there is no repository here', {
      cause: error,
      remedy: 'Check bucket, folder and prefix, or create a repository first.',
    });
  }
}
