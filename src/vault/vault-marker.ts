import { open, readFile } from 'node:fs/promises';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { isAbsent } from '../platform/errno.ts';
import type { VaultEventStore } from './vault.ts';
import { vaultLayout } from './vault-layout.ts';

const format = 'snapledger-vault';

/**
 * The version of a marker is raised when an older program could not use the folder any more: 1 has
 * its ledger in a file of the folder, 2 says where it is.
 */
const versionOf = { sqlite: 1, kurrentdb: 2 } as const satisfies Record<
  VaultEventStore['kind'],
  number
>;
const latestVersion = 2;

export async function writeVaultMarker(folder: string, eventStore: VaultEventStore): Promise<void> {
  const marker = {
    format,
    version: versionOf[eventStore.kind],
    ...(eventStore.kind === 'sqlite' ? {} : { eventStore }),
  };
  const file = await open(vaultLayout(folder).marker, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(marker, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Where the ledger of the vault is. @throws NOT_A_VAULT, VAULT_VERSION */
export async function readVaultMarker(folder: string): Promise<VaultEventStore> {
  const found = parse(await readMarker(folder));
  const version = found['version'];
  if (found['format'] !== format || typeof version !== 'number') {
    throw notAVault(folder, 'its vault.json is not one of snapledger');
  }
  if (version > latestVersion) {
    throw new SnapledgerError(
      'VAULT_VERSION',
      `the vault '${folder}' has version ${version}; this program knows up to ${latestVersion}`,
      { remedy: 'Use the newer version of snapledger that made it.' },
    );
  }
  if (version === versionOf.sqlite) return { kind: 'sqlite' };
  const eventStore = fieldsOf(found['eventStore']);
  const kind = eventStore['kind'];
  const location = eventStore['location'];
  const namespace = eventStore['namespace'];
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
