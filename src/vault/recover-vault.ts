import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { openSqliteEventStore } from '../adapters/sqlite/event-store/sqlite-event-store.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import { createFileWitness } from '../adapters/witness/file-witness.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { type LedgerRecovery, recoverLedger } from '../engine/recover/recover-ledger.ts';
import type { StorageFormat } from '../format/storage-format.ts';
import type { RepositoryId } from '../domain/identifiers.ts';
import { isAbsent } from '../platform/errno.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { ObjectStoreLocation } from '../ports/object-store-location.ts';
import {
  formatIn,
  formatNamedIn,
  noFormats,
  refuseUnencrypted,
  refuseWorkersOnEc2,
} from './formats.ts';
import { cloudSettingOf, withNode } from './cloud/cloud-choice.ts';
import { keepNodeArchive, readNodeArchive } from './cloud/node-archive.ts';
import type { RecoverVaultOptions } from './vault-options.ts';
import { isUnfinishedWrappingKey, keepWrappingKey } from './sensitive-key-file.ts';
import { ownRepositoryStore } from './own-repository.ts';
import { vaultLayout } from './vault-layout.ts';
import { readVaultMarker, type VaultMarker, writeVaultMarker } from './vault-marker.ts';
import { openVaultObjectStore } from './vault-object-store.ts';
import { describeRepository, repositoryElsewhere, repositoryLocation } from './vault-repository.ts';

/** What a folder may hold besides the ledger that is to be made. */
const keptNames: readonly string[] = [
  'vault.json',
  'cloud',
  'engines',
  'catalogue',
  'compile-cache',
  'checkpoints',
  'witness.json',
  'sensitive.key',
];

/**
 * Makes a vault whose ledger is what the repository has sealed, every record of it proven. Backups
 * then go on from the last sealed session.
 *
 * The ledger is built beside its place, and moved there last, when everything else of the vault is
 * made: after a failure the recovery can be repeated.
 *
 * @throws VAULT_EXISTS when the folder has a ledger, or things that no vault has
 * @throws INVALID_ARGUMENT for a cloud that cannot be, or of a vault that has one, and for an archive
 *   of Node that cannot be
 * @throws INVALID_ARGUMENT for a new vault in a format that does not encrypt, when that is not accepted
 * @throws NOT_A_REPOSITORY, also for a vault that is of another format than the repository;
 *   REPOSITORY_EXCHANGED for a vault that has another one; UNKNOWN_FORMAT, WRONG_PASSPHRASE, NOTHING_SEALED, LEDGER_TAMPERED
 */
export async function recoverVault(options: RecoverVaultOptions): Promise<LedgerRecovery> {
  const folder = resolve(options.folder);
  const layout = vaultLayout(folder);
  const location = repositoryLocation(folder, options.repository);
  const elsewhere = repositoryElsewhere(folder, location);
  const names = await checkFolder(folder, elsewhere === null);
  const isVault = names.includes('vault.json');
  const kept = isVault ? await checkedMarker(folder, elsewhere, options) : null;
  const chosenCloud = cloudSettingOf(options.cloud, location);
  const nodeArchive = await readNodeArchive(options.cloud?.worker?.nodeArchivePath ?? null);
  for (const name of names.filter(isUnfinishedWrappingKey)) await rm(join(folder, name));
  await mkdir(layout.engines, { recursive: true, mode: 0o700 });

  const { objectStore: place, close } = await openVaultObjectStore(location);
  const unfinished = `${layout.ledger}.unfinished`;
  try {
    await removeLedger(unfinished);
    const format = await formatOf(place, kept, options);
    const own = kept?.repositoryId ?? null;
    const objectStore = ownRepositoryStore(place, {
      format,
      repositoryId: own,
      clock: systemClock,
    });
    refuseWorkersOnEc2(format, options.cloud);
    const { repositoryId, recovery } = await rebuild(unfinished, folder, options, {
      objectStore,
      format,
    });
    await createFileWitness(layout.checkpoints).publish(recovery.checkpoint);
    const finish = async (): Promise<void> => rename(unfinished, layout.ledger);
    if (kept !== null) {
      await finish();
      return recovery;
    }
    const cloud = withNode(chosenCloud, await keepNodeArchive(objectStore, nodeArchive));
    const eventStore = { kind: 'sqlite' } as const;
    const storageFormat = format.name;
    const marker = { eventStore, repository: elsewhere, repositoryId, cloud, storageFormat };
    await withNewMarker(folder, marker, finish);
    return recovery;
  } catch (error) {
    await removeLedger(unfinished);
    throw error;
  } finally {
    close();
  }
}

/** Does `work` in what is a vault from here on; when it fails, or the marker does, it is none again. */
async function withNewMarker(
  folder: string,
  marker: VaultMarker,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await writeVaultMarker(folder, marker);
    await work();
  } catch (error) {
    await rm(vaultLayout(folder).marker, { force: true });
    throw error;
  }
}

async function rebuild(
  path: string,
  folder: string,
  { passphrase }: RecoverVaultOptions,
  { objectStore, format }: { readonly objectStore: ObjectStore; readonly format: StorageFormat },
): Promise<{ readonly repositoryId: RepositoryId; readonly recovery: LedgerRecovery }> {
  const clock = systemClock;
  const random = systemRandom;
  const secret = { kind: 'passphrase', passphrase } as const;
  const repository = await format.openRepository({ objectStore, secret, random, clock });
  try {
    await keepWrappingKey(folder, repository);
    const eventStore = await openSqliteEventStore({ path, clock, ifMissing: 'create' });
    try {
      const recovery = await recoverLedger({ objectStore, repository, random }, eventStore);
      return { repositoryId: repository.id, recovery };
    } finally {
      await eventStore.close();
    }
  } finally {
    await repository.close();
  }
}

/** The names in the folder. */
async function checkFolder(
  folder: string,
  isRepositoryInside: boolean,
): Promise<readonly string[]> {
  const names = await namesIn(folder);
  const allowed = isRepositoryInside ? [...keptNames, 'repository'] : keptNames;
  const unfinished = 'ledger.sqlite.unfinished';
  const strange = names.find(
    (name) =>
      !allowed.includes(name) && !name.startsWith(unfinished) && !isUnfinishedWrappingKey(name),
  );
  if (strange !== undefined) {
    throw new SnapledgerError('VAULT_EXISTS', `'${folder}' has '${strange}' in it`, {
      remedy: strange.startsWith('ledger.sqlite')
        ? 'Move its ledger away if it is lost; a ledger that is there is never overwritten.'
        : 'Choose an empty folder, or the vault whose ledger is lost.',
    });
  }
  return names;
}

/**
 * The format of a vault that is there, which no repository changes; for a new vault that of the
 * repository: who can write there has chosen it, so that one that protects nothing is not taken unasked.
 */
async function formatOf(
  objectStore: ObjectStore,
  kept: VaultMarker | null,
  options: RecoverVaultOptions,
): Promise<StorageFormat> {
  const { formats = noFormats } = options;
  if (kept !== null) {
    const { format } = await formatNamedIn(objectStore, kept.storageFormat, formats);
    return format;
  }
  const { format } = await formatIn(objectStore, formats);
  refuseUnencrypted(format, options);
  return format;
}

/** A vault that is there goes on with its own repository, and with no other. */
async function checkedMarker(
  folder: string,
  elsewhere: ObjectStoreLocation | null,
  { cloud }: RecoverVaultOptions,
): Promise<VaultMarker> {
  if (cloud !== undefined) {
    throw new SnapledgerError('INVALID_ARGUMENT', `the vault '${folder}' has a cloud already`, {
      remedy: "Leave the options of its cloud out; what is said of it in 'vault.json' stays.",
    });
  }
  const marker = await readVaultMarker(folder);
  const { repository } = marker;
  if (isDeepStrictEqual(repository, elsewhere)) return marker;
  const own = repository ?? repositoryLocation(folder, undefined);
  throw new SnapledgerError('VAULT_EXISTS', `the vault '${folder}' has another repository`, {
    remedy: `Name that one: ${describeRepository(own)}.`,
  });
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return [];
  }
}

/** SQLite keeps up to three files beside each other. */
async function removeLedger(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
}
