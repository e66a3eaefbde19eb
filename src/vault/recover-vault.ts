import { realpath, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isAbsent } from '../platform/errno.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import { createFileWitness } from '../adapters/witness/file-witness.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { localEngineLimits } from '../engine/engine-limits.ts';
import { type LedgerRecovery, recoverLedger } from '../engine/recover/recover-ledger.ts';
import type { StorageFormat } from '../format/storage-format.ts';
import type { RepositoryId } from '../domain/identifiers.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { ObjectStoreLocation, S3Location, S3Lock } from '../ports/object-store-location.ts';
import {
  formatIn,
  formatNamedIn,
  noFormats,
  refuseUnencrypted,
  refuseUnlockable,
  type KnownFormat,
  refuseWorkersOnEc2,
} from './formats.ts';
import { cloudSettingOf, withNode } from './cloud/cloud-choice.ts';
import type { CloudSetting } from './cloud/ec2-setting.ts';
import { keepNodeArchive, readNodeArchive } from './cloud/node-archive.ts';
import type { RecoverVaultOptions, VaultEventStore } from './vault-options.ts';
import { recoveredFolder } from './recovered-folder.ts';
import { type RecoveryTarget, recoveryTarget } from './recovery-target.ts';
import { keepWrappingKey } from './sensitive-key-file.ts';
import { planEventStore } from './vault-event-store.ts';
import { ownRepositoryStore } from './own-repository.ts';
import { vaultLayout } from './vault-layout.ts';
import {
  readVaultMarker,
  replaceVaultMarker,
  type VaultMarker,
  writeVaultMarker,
} from './vault-marker.ts';
import { openVaultObjectStore } from './vault-object-store.ts';
import { describeRepository, repositoryElsewhere, repositoryLocation } from './vault-repository.ts';

/** What was brought back, and where the ledger is now. */
export interface RecoveredVault extends LedgerRecovery {
  readonly eventStore: VaultEventStore;
}

/**
 * Makes a vault whose ledger is what the repository has sealed, every record of it proven. Backups
 * then go on from the last sealed session.
 *
 * A vault that is there keeps its own event store unless another one is named. A file is built beside its
 * place, and moved there last, when everything else of the vault is made; what a recovery that broke off has
 * left on a server is gone on from: after a failure the recovery can be repeated.
 *
 * @throws VAULT_EXISTS when the folder or the namespace on the server has a ledger, or things that no vault has;
 *   VAULT_BUSY while another program recovers into the folder, or has the vault open
 * @throws INVALID_ARGUMENT for a folder within the repository, for a cloud that cannot be, or of a vault that has one, and for an archive
 *   of Node or a location of an event store that cannot be
 * @throws INVALID_ARGUMENT for a new vault in a format that does not encrypt, when that is not accepted
 * @throws NOT_A_REPOSITORY, also for a vault that is of another format than the repository;
 *   REPOSITORY_EXCHANGED for a vault that has another one; UNKNOWN_FORMAT, WRONG_PASSPHRASE, NOTHING_SEALED, LEDGER_TAMPERED
 * @throws LEDGER_UNAVAILABLE, LEDGER_ACCESS_DENIED, NOT_AN_EVENT_STORE
 */
export async function recoverVault(options: RecoverVaultOptions): Promise<RecoveredVault> {
  const folder = resolve(options.folder);
  const location = repositoryLocation(folder, options.repository);
  await refuseWithin(location, folder);
  const chosenCloud = cloudSettingOf(options.cloud, location);
  const nodeArchive = await readNodeArchive(options.cloud?.worker?.nodeArchivePath ?? null);
  const elsewhere = repositoryElsewhere(folder, location);
  const found = await recoveredFolder(folder, elsewhere === null ? 'inside' : 'elsewhere');
  let recovered: RecoveredVault;
  try {
    const kept = found.isVault ? await checkedMarker(folder, elsewhere, options) : null;
    const place = { folder, location: kept?.repository ?? location, elsewhere, kept };
    recovered = await recoverInto(place, options, chosenCloud, nodeArchive);
  } catch (error) {
    await found.takeBack();
    throw error;
  }
  await found.leave();
  return recovered;
}

/** What a repository holds is its own: a copy or a collection of it would not expect a vault there. */
async function refuseWithin(location: ObjectStoreLocation, folder: string): Promise<void> {
  if (location.kind !== 'filesystem') return;
  const { root } = location;
  const [real, realRoot] = await Promise.all([folder, root].map(realPathOf));
  if (real !== realRoot && real?.startsWith(`${realRoot}${sep}`) !== true) return;
  throw new SnapledgerError('INVALID_ARGUMENT', `'${folder}' lies in the repository '${root}'`, {
    remedy: 'Choose a folder for the vault that is not in its repository.',
  });
}

/** Where a path leads, whatever links are on the way, and though not all of it be there. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isAbsent(error) || dirname(path) === path) throw error;
    return join(await realPathOf(dirname(path)), basename(path));
  }
}

/** A folder that is checked, and what it is to be the vault of. */
interface RecoveryPlace {
  readonly folder: string;
  readonly location: ObjectStoreLocation;
  /** Null for a repository in the folder. */
  readonly elsewhere: ObjectStoreLocation | null;
  /** Of a vault that is there. */
  readonly kept: VaultMarker | null;
}

async function recoverInto(
  { folder, location, elsewhere, kept }: RecoveryPlace,
  options: RecoverVaultOptions,
  chosenCloud: CloudSetting,
  nodeArchive: Uint8Array | null,
): Promise<RecoveredVault> {
  const eventStore =
    kept !== null && options.eventStore === undefined
      ? kept.eventStore
      : planEventStore(options.eventStore, systemRandom);
  const target = recoveryTarget(folder, eventStore, options.eventStoreCredentials);
  const { objectStore: place, close } = await openVaultObjectStore(location);
  try {
    const known = await formatOf(place, kept, options);
    const { format } = known;
    const own = kept?.repositoryId ?? null;
    const objectStore = ownRepositoryStore(place, {
      format,
      repositoryId: own,
      clock: systemClock,
    });
    refuseWorkersOnEc2(known, options.cloud);
    const { repositoryId, recovery } = await rebuild(target, folder, options, {
      objectStore,
      format,
    });
    await createFileWitness(vaultLayout(folder).checkpoints).publish(recovery.checkpoint);
    if (kept === null) {
      const cloud = withNode(chosenCloud, await keepNodeArchive(objectStore, nodeArchive));
      const storageFormat = format.name;
      const marker = { eventStore, repository: elsewhere, repositoryId, cloud, storageFormat };
      await withNewMarker(folder, marker, () => target.finish());
    } else {
      if (!isDeepStrictEqual(eventStore, kept.eventStore)) {
        await replaceVaultMarker(folder, { ...kept, eventStore });
      }
      await target.finish();
    }
    return { ...recovery, eventStore };
  } catch (error) {
    await target.discard();
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
  target: RecoveryTarget,
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
    const eventStore = await target.open();
    try {
      const retry = { policy: localEngineLimits.retry, clock, random };
      const source = { objectStore, repository, random, retry };
      return { repositoryId: repository.id, recovery: await recoverLedger(source, eventStore) };
    } finally {
      await eventStore.close();
    }
  } finally {
    await repository.close();
  }
}

/**
 * The format of a vault that is there, which no repository changes; for a new vault that of the
 * repository: who can write there has chosen it, so that one that protects nothing is not taken unasked.
 */
async function formatOf(
  objectStore: ObjectStore,
  kept: VaultMarker | null,
  options: RecoverVaultOptions,
): Promise<KnownFormat> {
  const { formats = noFormats } = options;
  if (kept !== null) return await formatNamedIn(objectStore, kept.storageFormat, formats);
  const known = await formatIn(objectStore, formats);
  refuseUnencrypted(known.format, options);
  refuseUnlockable(known.format, options);
  return known;
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
  if (isSamePlace(repository, elsewhere)) return marker;
  if (isDeepStrictEqual(withoutLock(repository), withoutLock(elsewhere))) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `the vault '${folder}' says itself what is locked, and for how long`,
      {
        remedy:
          "Leave '--lock-ledger' out, and '--lock'; what is said of it in 'vault.json' stays.",
      },
    );
  }
  const own = repository ?? repositoryLocation(folder, undefined);
  throw new SnapledgerError('VAULT_EXISTS', `the vault '${folder}' has another repository`, {
    remedy: `Name that one: ${describeRepository(own)}.`,
  });
}

/** What is locked there is what the vault says; another period would be another setting. */
function isSamePlace(own: ObjectStoreLocation | null, named: ObjectStoreLocation | null): boolean {
  const ownLock = own?.kind === 's3' ? lockOf(own) : {};
  return isDeepStrictEqual(own, named === null ? null : { ...ownLock, ...named });
}

function withoutLock(location: ObjectStoreLocation | null): ObjectStoreLocation | null {
  if (location?.kind !== 's3') return location;
  const { kind, bucket, prefix, region, endpoint } = location;
  return { kind, bucket, prefix, region, endpoint };
}

function lockOf({ ledgerLockDays, lockDays, lockMode }: S3Location): S3Lock {
  return {
    ...(ledgerLockDays === undefined ? {} : { ledgerLockDays }),
    ...(lockDays === undefined ? {} : { lockDays }),
    ...(lockMode === undefined ? {} : { lockMode }),
  };
}
