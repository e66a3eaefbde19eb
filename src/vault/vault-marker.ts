import { open, readFile } from 'node:fs/promises';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { isAbsent } from '../platform/errno.ts';
import { type ObjectStoreLocation, problemOfS3Location } from '../ports/object-store-location.ts';
import type { VaultEventStore } from './vault.ts';
import { vaultLayout } from './vault-layout.ts';

const format = 'snapledger-vault';
/** Raised when an older program could not use the folder any more. */
const versions = { allInside: 1, partsElsewhere: 2, repositoryInS3: 3 } as const;

/** What the marker of a vault says. */
export interface VaultMarker {
  readonly eventStore: VaultEventStore;
  /** Of a repository outside of the vault; null when it is in its usual place. */
  readonly repository: ObjectStoreLocation | null;
}

export async function writeVaultMarker(
  folder: string,
  { eventStore, repository }: VaultMarker,
): Promise<void> {
  const marker = {
    format,
    version: versionOf({ eventStore, repository }),
    ...(eventStore.kind === 'sqlite' ? {} : { eventStore }),
    ...(repository === null ? {} : { repository: writtenRepository(repository) }),
  };
  const file = await open(vaultLayout(folder).marker, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(marker, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @throws NOT_A_VAULT, VAULT_VERSION */
export async function readVaultMarker(folder: string): Promise<VaultMarker> {
  const found = parse(await readMarker(folder));
  const version = found['version'];
  if (found['format'] !== format || typeof version !== 'number') {
    throw notAVault(folder, 'its vault.json is not one of snapledger');
  }
  if (version > versions.repositoryInS3) {
    throw new SnapledgerError(
      'VAULT_VERSION',
      `the vault '${folder}' has version ${version}; this program knows up to ${versions.repositoryInS3}`,
      { remedy: 'Use the newer version of snapledger that made it.' },
    );
  }
  if (version === versions.allInside) return { eventStore: { kind: 'sqlite' }, repository: null };
  const repository = repositoryOf(folder, found['repository'] ?? null);
  if (found['eventStore'] === undefined && repository !== null) {
    return { eventStore: { kind: 'sqlite' }, repository };
  }
  return { eventStore: eventStoreOf(folder, fieldsOf(found['eventStore'])), repository };
}

function versionOf({ eventStore, repository }: VaultMarker): number {
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
  const { kind, bucket, prefix, region, endpoint } = fieldsOf(written);
  const isComplete =
    kind === 's3' &&
    typeof bucket === 'string' &&
    typeof prefix === 'string' &&
    typeof region === 'string' &&
    (typeof endpoint === 'string' || endpoint === null);
  if (!isComplete || problemOfS3Location({ bucket, prefix, region, endpoint }) !== null) {
    throw notAVault(folder, 'its vault.json does not say where the repository is');
  }
  return { kind, bucket, prefix, region, endpoint };
}

function eventStoreOf(
  folder: string,
  { kind, location, namespace }: Readonly<Record<string, unknown>>,
): VaultEventStore {
  if (kind !== 'kurrentdb' || typeof location !== 'string' || typeof namespace !== 'string') {
    throw notAVault(folder, 'its vault.json does not say where the ledger is');
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

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
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
