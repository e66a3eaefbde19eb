import { open, readFile, rename, rm } from 'node:fs/promises';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { RepositoryId } from '../domain/identifiers.ts';
import { isAbsent } from '../platform/errno.ts';
import {
  type ObjectStoreLocation,
  problemOfS3Location,
  type S3Lock,
} from '../ports/object-store-location.ts';
import { type CloudSetting, readEc2Setting } from './cloud/ec2-setting.ts';
import { isFormatName } from '../format/format-description.ts';
import { nativeFormat } from './formats.ts';
import type { VaultEventStore } from './vault-options.ts';
import { vaultLayout } from './vault-layout.ts';

const format = 'snapledger-vault';
const nativeName = nativeFormat.format.name;
/** Raised when an older program could not use the folder any more. */
const versions = {
  allInside: 1,
  partsElsewhere: 2,
  repositoryInS3: 3,
  instancesInEc2: 4,
  otherStorageFormat: 5,
  lockedLedger: 6,
  lockedPoints: 7,
} as const;

/** What the marker of a vault says. */
export interface VaultMarker {
  readonly eventStore: VaultEventStore;
  /** Of a repository outside of the vault; null when it is in its usual place. */
  readonly repository: ObjectStoreLocation | null;
  /** Null in a vault of a program that did not write it yet. */
  readonly repositoryId: RepositoryId | null;
  readonly cloud: CloudSetting;
  /** The name of the storage format. */
  readonly storageFormat: string;
}

/** Makes the folder a vault. */
export async function writeVaultMarker(folder: string, marker: VaultMarker): Promise<void> {
  await writeMarker(vaultLayout(folder).marker, marker);
}

/** Puts another marker in the place of the one that is there. */
export async function replaceVaultMarker(folder: string, marker: VaultMarker): Promise<void> {
  const { marker: path } = vaultLayout(folder);
  const unfinished = `${path}${unfinishedSuffix}${process.pid}`;
  try {
    await writeMarker(unfinished, marker);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

const unfinishedSuffix = '.unfinished-';

/** Whether a file of a vault is the beginning of a marker, left by a program that was killed. */
export function isUnfinishedMarker(name: string): boolean {
  return name.startsWith(`vault.json${unfinishedSuffix}`);
}

async function writeMarker(
  path: string,
  { eventStore, repository, repositoryId, cloud, storageFormat }: VaultMarker,
): Promise<void> {
  const marker = {
    format,
    version: versionOf({ eventStore, repository, cloud, storageFormat }),
    ...(eventStore.kind === 'sqlite' ? {} : { eventStore }),
    ...(repository === null ? {} : { repository: writtenRepository(repository) }),
    ...(repositoryId === null ? {} : { repositoryId }),
    ...(cloud.kind === 'local' ? {} : { cloud }),
    ...(storageFormat === nativeName ? {} : { storageFormat }),
  };
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(marker, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @throws NOT_A_VAULT, VAULT_VERSION */
export async function readVaultMarker(folder: string): Promise<VaultMarker> {
  const found = parse(folder, await readMarker(folder));
  const version = found['version'];
  if (found['format'] !== format || typeof version !== 'number') {
    throw notAVault(folder, 'its vault.json is not one of snapledger');
  }
  if (version > versions.lockedPoints) {
    throw new SnapledgerError(
      'VAULT_VERSION',
      `the vault '${folder}' has version ${version}; this program knows up to ${versions.lockedPoints}`,
      { remedy: 'Use the newer version of snapledger that made it.' },
    );
  }
  const repositoryId = repositoryIdOf(folder, found['repositoryId']);
  const local = { kind: 'local' } as const;
  if (version === versions.allInside) {
    return {
      eventStore: { kind: 'sqlite' },
      repository: null,
      repositoryId,
      cloud: local,
      storageFormat: nativeName,
    };
  }
  const repository = repositoryOf(folder, found['repository'] ?? null);
  const cloud = found['cloud'] === undefined ? local : cloudOf(folder, found['cloud'], repository);
  const storageFormat = storageFormatOf(folder, found['storageFormat']);
  // Without one a vault has this version only because of something else that it says.
  const mayLackEventStore = repository !== null || storageFormat !== nativeName;
  const eventStore =
    found['eventStore'] === undefined && mayLackEventStore
      ? ({ kind: 'sqlite' } as const)
      : eventStoreOf(folder, fieldsOf(found['eventStore']));
  return { eventStore, repository, repositoryId, cloud, storageFormat };
}

function repositoryIdOf(folder: string, written: unknown): RepositoryId | null {
  if (written === undefined) return null;
  if (typeof written === 'string' && written !== '') return written as RepositoryId;
  throw mistaken(folder, "its 'repositoryId' is not the id of one");
}

function storageFormatOf(folder: string, written: unknown): string {
  if (written === undefined) return nativeName;
  if (typeof written === 'string' && isFormatName(written)) return written;
  throw mistaken(folder, "its 'storageFormat' is not the name of one");
}

/** It may be edited by hand, so that what is wrong in it is said. */
function cloudOf(
  folder: string,
  written: unknown,
  repository: ObjectStoreLocation | null,
): CloudSetting {
  const { setting, problem } = readEc2Setting(written);
  if (setting === null) throw mistaken(folder, `in 'cloud' ${problem}`);
  if (repository?.kind === 's3') return setting;
  throw mistaken(folder, 'its instances are in EC2, and it names no repository in S3');
}

function versionOf({
  eventStore,
  repository,
  cloud,
  storageFormat,
}: Omit<VaultMarker, 'repositoryId'>): number {
  if (repository?.kind === 's3') {
    if (repository.lockDays !== undefined) return versions.lockedPoints;
    if (repository.ledgerLockDays !== undefined) return versions.lockedLedger;
  }
  if (storageFormat !== nativeName) return versions.otherStorageFormat;
  if (cloud.kind === 'ec2') return versions.instancesInEc2;
  if (repository?.kind === 's3') return versions.repositoryInS3;
  const isAllInside = eventStore.kind === 'sqlite' && repository === null;
  return isAllInside ? versions.allInside : versions.partsElsewhere;
}

/** A folder is written as its path alone, as it was before there was anything else. */
function writtenRepository(location: ObjectStoreLocation): string | ObjectStoreLocation {
  return location.kind === 'filesystem' ? location.root : location;
}

function repositoryOf(folder: string, written: unknown): ObjectStoreLocation | null {
  if (written === null) return null;
  if (typeof written === 'string') return { kind: 'filesystem', root: written };
  const fields = fieldsOf(written);
  const { kind, bucket, prefix, region, endpoint } = fields;
  const lock = lockOf(fields);
  const isComplete =
    kind === 's3' &&
    typeof bucket === 'string' &&
    typeof prefix === 'string' &&
    typeof region === 'string' &&
    (typeof endpoint === 'string' || endpoint === null) &&
    lock !== null;
  if (!isComplete) throw mistaken(folder, 'it does not say where the repository is');
  const location = { bucket, prefix, region, endpoint, ...lock };
  const problem = problemOfS3Location(location);
  if (problem !== null) throw mistaken(folder, `its repository cannot be used: ${problem}`);
  return { kind, ...location };
}

/** Null when it is not written as it has to be. */
function lockOf({
  ledgerLockDays,
  lockDays,
  lockMode,
}: Readonly<Record<string, unknown>>): S3Lock | null {
  const areDays = (days: unknown): days is number | undefined =>
    days === undefined || typeof days === 'number';
  if (!areDays(ledgerLockDays) || !areDays(lockDays)) return null;
  if (lockMode !== undefined && lockMode !== 'governance') return null;
  return {
    ...(ledgerLockDays === undefined ? {} : { ledgerLockDays }),
    ...(lockDays === undefined ? {} : { lockDays }),
    ...(lockMode === undefined ? {} : { lockMode }),
  };
}

function eventStoreOf(
  folder: string,
  { kind, location, namespace }: Readonly<Record<string, unknown>>,
): VaultEventStore {
  if (kind !== 'kurrentdb' || typeof location !== 'string' || typeof namespace !== 'string') {
    throw mistaken(folder, 'it does not say where the ledger is');
  }
  return { kind, location, namespace };
}

async function readMarker(folder: string): Promise<string> {
  try {
    return await readFile(vaultLayout(folder).marker, 'utf8');
  } catch (cause) {
    if (isAbsent(cause)) {
      throw notAVault(folder, 'it has no vault.json', cause);
    }
    throw new SnapledgerError('NOT_A_VAULT', `the vault '${folder}' cannot be read`, {
      cause,
      remedy: 'Check the permissions of the folder.',
    });
  }
}

function parse(folder: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw mistaken(folder, `it is not JSON: ${reason}`, cause);
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function notAVault(folder: string, why: string, cause?: unknown): SnapledgerError {
  return new SnapledgerError('NOT_A_VAULT', `'${folder}' is not a vault: ${why}`, {
    cause,
    remedy: `Make one with 'snapledger init --vault ${folder}', or give the right folder.`,
  });
}

/** There is a vault, and what its marker says cannot be: nobody is to make another one. */
function mistaken(folder: string, problem: string, cause?: unknown): SnapledgerError {
  const { marker } = vaultLayout(folder);
  return new SnapledgerError('NOT_A_VAULT', `there is a mistake in '${marker}': ${problem}`, {
    cause,
    remedy: "Correct it there; docs/aws.md shows what 'cloud' looks like.",
  });
}
