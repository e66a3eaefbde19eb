import { resolve } from 'node:path';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type {
  KeyChange,
  KeySlotInfo,
  KeySlotList,
  KeySlots,
  MasterKeyRotation,
  NewPassphrase,
  NewRecoveryKey,
} from '../format/key-slots.ts';
import type { AskFormats } from '../format/format-plug.ts';
import type { StorageFormat } from '../format/storage-format.ts';
import type { RepositoryOptions } from '../format/repository-options.ts';
import { formatNamed, noFormats } from './formats.ts';
import { ownRepositoryStore } from './own-repository.ts';
import { readVaultMarker } from './vault-marker.ts';
import { openVaultObjectStore } from './vault-object-store.ts';
import { repositoryLocation } from './vault-repository.ts';

export interface VaultKeysOptions {
  /** Of the vault. */
  readonly folder: string;
  /** A passphrase or recovery key that opens it now. */
  readonly passphrase: string;
  /** Asked when the vault is of another storage format than the native one; default: there are none. */
  readonly formats?: AskFormats;
}

/**
 * Who can open the repository of a vault, and changing that. Others may use the vault meanwhile. The
 * methods throw NOT_A_VAULT, VAULT_VERSION, REPOSITORY_EXCHANGED, and what those of `KeySlots` throw.
 */
export interface VaultKeys {
  list(): Promise<KeySlotList>;
  addPassphrase(added: NewPassphrase): Promise<KeyChange<KeySlotInfo>>;
  addRecoveryKey(label: string): Promise<KeyChange<NewRecoveryKey>>;
  changePassphrase(passphrase: string): Promise<KeyChange<KeySlotInfo>>;
  remove(slotId: string): Promise<KeyChange<KeySlotInfo>>;
  rotateMasterKey(others: 'keep' | 'remove'): Promise<KeyChange<MasterKeyRotation>>;
}

/** Each method opens the repository by itself, and closes it. */
export function vaultKeys(options: VaultKeysOptions): VaultKeys {
  return vaultKeysWith(options, async (name) => {
    return (await formatNamed(name, options.formats ?? noFormats)).format;
  });
}

/** As `vaultKeys`, with formats from elsewhere. */
export function vaultKeysWith(
  options: VaultKeysOptions,
  formatOf: (name: string) => Promise<StorageFormat>,
): VaultKeys {
  const use = <Result>(
    work: (slots: KeySlots, repository: RepositoryOptions) => Promise<Result>,
  ): Promise<Result> => useKeySlots(options, formatOf, work);
  return {
    list: () => use((slots, repository) => slots.list(repository)),
    addPassphrase: (added) => use((slots, repository) => slots.addPassphrase(repository, added)),
    addRecoveryKey: (label) => use((slots, repository) => slots.addRecoveryKey(repository, label)),
    changePassphrase: (passphrase) =>
      use((slots, repository) => slots.changePassphrase(repository, passphrase)),
    remove: (slotId) => use((slots, repository) => slots.remove(repository, slotId)),
    rotateMasterKey: (others) =>
      use((slots, repository) => slots.rotateMasterKey(repository, others)),
  };
}

async function useKeySlots<Result>(
  { folder: named, passphrase }: VaultKeysOptions,
  formatOf: (name: string) => Promise<StorageFormat>,
  work: (slots: KeySlots, repository: RepositoryOptions) => Promise<Result>,
): Promise<Result> {
  const folder = resolve(named);
  const marker = await readVaultMarker(folder);
  const format = await formatOf(marker.storageFormat);
  const { name, keySlots } = format;
  if (keySlots === null) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `the keys of a repository of the format '${name}' cannot be changed`,
    );
  }
  const location = marker.repository ?? repositoryLocation(folder, undefined);
  const { objectStore: place, close } = await openVaultObjectStore(location);
  const { repositoryId } = marker;
  try {
    return await work(keySlots, {
      objectStore: ownRepositoryStore(place, { format, repositoryId, clock: systemClock }),
      secret: { kind: 'passphrase', passphrase },
      random: systemRandom,
      clock: systemClock,
    });
  } finally {
    close();
  }
}
