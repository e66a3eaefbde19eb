import { mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { RepositoryId } from '../domain/identifiers.ts';
import type { KeyChange, NewRecoveryKey } from '../format/key-slots.ts';
import type { StorageFormat } from '../format/storage-format.ts';
import type { RepositoryOptions } from '../format/repository-options.ts';
import { hasErrno } from '../platform/errno.ts';
import { makeFolder } from '../platform/make-folder.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { ObjectStoreLocation } from '../ports/object-store-location.ts';
import { cloudSettingOf, withNode } from './cloud/cloud-choice.ts';
import { keepNodeArchive, readNodeArchive } from './cloud/node-archive.ts';
import { orTakenBack } from './created-objects.ts';
import type { CreatedVault, CreateVaultOptions } from './vault-options.ts';
import {
  formatIn,
  formatNamed,
  nativeFormat,
  noFormats,
  refuseUnencrypted,
  refuseUnlockable,
  refuseWorkersOnEc2,
} from './formats.ts';
import { createVaultEventStore, noCredentials, planEventStore } from './vault-event-store.ts';
import { keepWrappingKey } from './sensitive-key-file.ts';
import { vaultLayout } from './vault-layout.ts';
import { openVaultObjectStore } from './vault-object-store.ts';
import { repositoryElsewhere, repositoryLocation } from './vault-repository.ts';
import { writeVaultMarker } from './vault-marker.ts';

/**
 * Makes a vault: event store, local cloud, repository. It is built beside its place and moved
 * there when it is whole, so that a failure leaves nothing half made.
 *
 * @throws VAULT_EXISTS when the folder or the namespace of the ledger is not empty,
 *   INVALID_ARGUMENT for an empty passphrase, a place where no folder can be made, or a location
 *   or namespace that cannot be; LEDGER_UNAVAILABLE, LEDGER_ACCESS_DENIED, NOT_AN_EVENT_STORE;
 *   INVALID_ARGUMENT for a setting of EC2 that cannot be, or without a repository in S3;
 *   UNKNOWN_FORMAT, and INVALID_ARGUMENT for a format that does not encrypt when that is not accepted;
 *   REPOSITORY_EXISTS when the place in S3 holds one, STORE_UNSUITABLE, STORE_ACCESS_DENIED,
 *   BUCKET_NOT_FOUND, STORE_UNAVAILABLE
 */
export async function createVault(options: CreateVaultOptions): Promise<CreatedVault> {
  const { format: name = nativeFormat.format.name, formats = noFormats } = options;
  const known = await formatNamed(name, formats);
  refuseUnencrypted(known.format, options);
  refuseUnlockable(known.format, options);
  refuseWorkersOnEc2(known, options.cloud);
  return await createVaultWith(options, known.format);
}

/** As `createVault`; a vault is opened with the format of the same name. */
export async function createVaultWith(
  options: CreateVaultOptions,
  format: StorageFormat,
  syncFolder: SyncFolder = syncFolderOnDisk,
): Promise<CreatedVault> {
  const folder = resolve(options.folder);
  if (options.passphrase === '') {
    throw new SnapledgerError('INVALID_ARGUMENT', 'the passphrase is empty', {
      remedy: 'Choose one: without it nobody can read the backups, with it anybody can.',
    });
  }
  const eventStore = planEventStore(options.eventStore, systemRandom);
  const repository = repositoryLocation(folder, options.repository);
  const chosenCloud = cloudSettingOf(options.cloud, repository);
  await refuseOccupied(folder);
  const nodeArchive = await readNodeArchive(options.cloud?.worker?.nodeArchivePath ?? null);
  const unfinished = await makeUnfinished(folder);
  // what belongs into the folder is made in the unfinished one
  const location = repositoryLocation(unfinished, options.repository);
  const { eventStoreCredentials = noCredentials } = options;
  try {
    await mkdir(vaultLayout(unfinished).engines, { mode: 0o700 });
    await createVaultEventStore(unfinished, eventStore, eventStoreCredentials);
    const made = await withObjectStore(location, format, async (objectStore) => {
      await refuseRepository(objectStore, options);
      const { repositoryId, added } = await createRepository(
        objectStore,
        unfinished,
        options,
        format,
      );
      const cloud = withNode(chosenCloud, await keepNodeArchive(objectStore, nodeArchive));
      const elsewhere = repositoryElsewhere(unfinished, location);
      const storageFormat = format.name;
      const marker = { eventStore, repository: elsewhere, repositoryId, cloud, storageFormat };
      await writeVaultMarker(unfinished, marker);
      await moveIntoPlace(unfinished, folder, syncFolder);
      return {
        cloud,
        recoveryKey: added?.recoveryKey ?? null,
        recoveryKeyTrouble: added?.afterwards ?? null,
      };
    });
    // From here on it is a vault, whatever happens, and nobody but the caller has its recovery key.
    const folderTrouble = await troubleOf(() => syncFolder(dirname(folder)), folder);
    const { name, traits } = format;
    return { folder, eventStore, repository, format: { name, traits }, ...made, folderTrouble };
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

const recoveryKeyLabel = 'recovery key';

/** Does `work` with the store of a new repository; when it fails, nothing that it made there stays. */
async function withObjectStore<Result>(
  location: ObjectStoreLocation,
  { headerKey }: StorageFormat,
  work: (objectStore: ObjectStore) => Promise<Result>,
): Promise<Result> {
  const { objectStore, probe, close } = await openVaultObjectStore(location);
  try {
    await probe();
    return await orTakenBack(objectStore, headerKey, work);
  } finally {
    close();
  }
}

/** @throws REPOSITORY_EXISTS for one of another format; a format finds its own by itself */
async function refuseRepository(
  objectStore: ObjectStore,
  { formats = noFormats }: CreateVaultOptions,
): Promise<void> {
  const { format } = await formatIn(objectStore, formats);
  if ((await objectStore.head(format.headerKey)) === null) return;
  throw new SnapledgerError(
    'REPOSITORY_EXISTS',
    `there is a repository of the format '${format.name}' already`,
    { remedy: 'Open it, or choose an empty place.' },
  );
}

/** @returns with the recovery key that was added, which is null when the format has none */
async function createRepository(
  objectStore: ObjectStore,
  vaultFolder: string,
  { passphrase }: CreateVaultOptions,
  format: StorageFormat,
): Promise<{
  readonly repositoryId: RepositoryId;
  readonly added: KeyChange<NewRecoveryKey> | null;
}> {
  const options: RepositoryOptions = {
    objectStore,
    secret: { kind: 'passphrase', passphrase },
    random: systemRandom,
    clock: systemClock,
  };
  const repository = await format.createRepository(options);
  try {
    await keepWrappingKey(vaultFolder, repository);
  } finally {
    await repository.close();
  }
  const added = (await format.keySlots?.addRecoveryKey(options, recoveryKeyLabel)) ?? null;
  return { repositoryId: repository.id, added };
}

async function refuseOccupied(folder: string): Promise<void> {
  const entries = await entriesOf(folder);
  if (entries.length > 0) throw occupied(folder, entries);
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw cannotMake(folder, error);
  }
}

async function makeUnfinished(folder: string): Promise<string> {
  try {
    await makeFolder(dirname(folder));
    return await mkdtemp(join(dirname(folder), `.${basename(folder)}-unfinished-`));
  } catch (error) {
    throw cannotMake(folder, error);
  }
}

async function moveIntoPlace(
  unfinished: string,
  folder: string,
  syncFolder: SyncFolder,
): Promise<void> {
  try {
    await syncFolder(unfinished);
    // Replaces an empty folder, and fails when somebody has filled it meanwhile.
    await rename(unfinished, folder);
  } catch (error) {
    if (hasErrno(error, 'ENOTEMPTY', 'EEXIST')) throw occupied(folder, await entriesOf(folder));
    throw cannotMake(folder, error);
  }
}

async function troubleOf(
  sync: () => Promise<void>,
  folder: string,
): Promise<SnapledgerError | null> {
  try {
    await sync();
    return null;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new SnapledgerError(
      'STORE_UNAVAILABLE',
      `the vault is made at '${folder}', but its name could not be made durable: ${reason}`,
      { cause, remedy: 'Look at the disk; after a loss of power the folder may be gone.' },
    );
  }
}

/** Makes the names in a folder durable. */
export type SyncFolder = (folder: string) => Promise<void>;

async function syncFolderOnDisk(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function occupied(folder: string, entries: readonly string[]): SnapledgerError {
  return entries.includes('vault.json')
    ? new SnapledgerError('VAULT_EXISTS', `'${folder}' is a vault already`, {
        remedy: 'Use it as it is, or choose another folder for a new one.',
      })
    : new SnapledgerError('VAULT_EXISTS', `the folder '${folder}' is not empty, and no vault`, {
        remedy: 'Choose a folder that is empty or does not exist yet.',
      });
}

function cannotMake(folder: string, cause: unknown): SnapledgerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SnapledgerError('INVALID_ARGUMENT', `no vault can be made at '${folder}': ${reason}`, {
    cause,
    remedy: 'Choose a folder that you may write to.',
  });
}
