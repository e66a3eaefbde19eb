import { open, readFile } from 'node:fs/promises';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { isAbsent } from '../platform/errno.ts';
import type { VaultEventStore } from './vault.ts';
import { vaultLayout } from './vault-layout.ts';

const format = 'snapledger-vault';
/** Raised when an older program could not use the folder any more. */
const versions = { allInside: 1, partsElsewhere: 2 } as const;

/** What the marker of a vault says. */
export interface VaultMarker {
  readonly eventStore: VaultEventStore;
  /** Absolute path of a repository outside of the vault; null when it is in its usual place. */
  readonly repository: string | null;
}

export async function writeVaultMarker(
  folder: string,
  { eventStore, repository }: VaultMarker,
): Promise<void> {
  const isAllInside = eventStore.kind === 'sqlite' && repository === null;
  const marker = {
    format,
    version: isAllInside ? versions.allInside : versions.partsElsewhere,
    ...(eventStore.kind === 'sqlite' ? {} : { eventStore }),
    ...(repository === null ? {} : { repository }),
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
  if (version > versions.partsElsewhere) {
    throw new SnapledgerError(
      'VAULT_VERSION',
      `the vault '${folder}' has version ${version}; this program knows up to ${versions.partsElsewhere}`,
      { remedy: 'Use the newer version of snapledger that made it.' },
    );
  }
  if (version === versions.allInside) return { eventStore: { kind: 'sqlite' }, repository: null };
  const repository = found['repository'] ?? null;
  if (repository !== null && typeof repository !== 'string') {
    throw notAVault(folder, 'its vault.json does not say where the repository is');
  }
  if (found['eventStore'] === undefined && repository !== null) {
    return { eventStore: { kind: 'sqlite' }, repository };
  }
  return { eventStore: eventStoreOf(folder, fieldsOf(found['eventStore'])), repository };
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
