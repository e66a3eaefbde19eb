import { open, readFile } from 'node:fs/promises';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { isAbsent } from '../platform/errno.ts';
import { vaultLayout } from './vault-layout.ts';

const format = 'snapledger-vault';
/** Raised when an older program could not use the folder any more. */
const versions = { plain: 1, repositoryElsewhere: 2 } as const;
const versionMax = 2;

/** What the marker of a vault says. */
export interface VaultMarker {
  /** Absolute path of a repository outside of the vault; null when it is in its usual place. */
  readonly repository: string | null;
}

export async function writeVaultMarker(
  folder: string,
  { repository }: VaultMarker = { repository: null },
): Promise<void> {
  const content =
    repository === null
      ? { format, version: versions.plain }
      : { format, version: versions.repositoryElsewhere, repository };
  const file = await open(vaultLayout(folder).marker, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @throws NOT_A_VAULT, VAULT_VERSION */
export async function readVaultMarker(folder: string): Promise<VaultMarker> {
  const found = parse(await readMarker(folder));
  if (found['format'] !== format || typeof found['version'] !== 'number') {
    throw notAVault(folder, 'its vault.json is not one of snapledger');
  }
  if (found['version'] > versionMax) {
    throw new SnapledgerError(
      'VAULT_VERSION',
      `the vault '${folder}' has version ${found['version']}; this program knows up to ${versionMax}`,
      { remedy: 'Use the newer version of snapledger that made it.' },
    );
  }
  const { repository } = found;
  return { repository: typeof repository === 'string' ? repository : null };
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
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function notAVault(folder: string, why: string, cause?: unknown): SnapledgerError {
  return new SnapledgerError('NOT_A_VAULT', `'${folder}' is not a vault: ${why}`, {
    cause,
    remedy: `Make one with 'snapledger init --vault ${folder}', or give the right folder.`,
  });
}
