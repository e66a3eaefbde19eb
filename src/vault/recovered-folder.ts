import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { isAbsent } from '../platform/errno.ts';
import { isUnfinishedWrappingKey } from './sensitive-key-file.ts';
import { isUnfinishedLedger } from './recovery-target.ts';
import { isUnfinishedMarker } from './vault-marker.ts';
import { isUnfinishedWitness } from './witness-setting.ts';
import { vaultLayout } from './vault-layout.ts';

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

/** What a recovery makes besides the ledger. */
const madeNames: readonly string[] = ['engines', 'checkpoints', 'sensitive.key'];

/** The folder that a vault is recovered into. */
export interface RecoveredFolder {
  readonly isVault: boolean;
  /** Leaves the folder as it was found. */
  takeBack(): Promise<void>;
}

/**
 * Checks that a vault can be recovered into a folder, and makes it if there is none. What a program left there
 * that was killed is removed.
 *
 * @throws VAULT_EXISTS when the folder has a ledger, or things that no vault has
 */
export async function recoveredFolder(
  folder: string,
  repository: 'inside' | 'elsewhere',
): Promise<RecoveredFolder> {
  const found = await namesIn(folder);
  const names = found ?? [];
  const allowed = repository === 'inside' ? [...keptNames, 'repository'] : keptNames;
  const isLeftOver = (name: string): boolean =>
    isUnfinishedWrappingKey(name) ||
    isUnfinishedMarker(name) ||
    isUnfinishedLedger(name) ||
    isUnfinishedWitness(name);
  const strange = names.find((name) => !allowed.includes(name) && !isLeftOver(name));
  if (strange !== undefined) {
    throw new SnapledgerError('VAULT_EXISTS', `'${folder}' has '${strange}' in it`, {
      remedy: strange.startsWith('ledger.sqlite')
        ? 'Move its ledger away if it is lost; a ledger that is there is never overwritten.'
        : 'Choose an empty folder, or the vault whose ledger is lost.',
    });
  }
  for (const name of names.filter(isLeftOver)) await rm(join(folder, name));
  await mkdir(vaultLayout(folder).engines, { recursive: true, mode: 0o700 });
  return {
    isVault: names.includes('vault.json'),
    takeBack: async () => {
      // Somebody else has made a vault of it meanwhile, and what is there is theirs.
      const isOthers =
        !names.includes('vault.json') && (await namesIn(folder))?.includes('vault.json');
      if (isOthers === true) return;
      for (const name of madeNames.filter((one) => !names.includes(one))) {
        await rm(join(folder, name), { recursive: true, force: true });
      }
      // Left where somebody has put something there meanwhile.
      if (found === null) await Promise.allSettled([rmdir(folder)]);
    },
  };
}

/** Null for a folder that does not exist. */
async function namesIn(folder: string): Promise<readonly string[] | null> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}
