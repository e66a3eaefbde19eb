import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSnapledgerError, SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { hasErrno } from '../platform/errno.ts';
import { makeFolder } from '../platform/make-folder.ts';
import { isUnfinishedWrappingKey } from './sensitive-key-file.ts';
import { isRecoveryLock, lockRecovery, type RecoveryLock } from './recovery-lock.ts';
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

/** The folder that a vault is recovered into, which nobody else recovers one into meanwhile. */
export interface RecoveredFolder {
  readonly isVault: boolean;
  /** Gives the folder free, with what was made in it. */
  leave(): Promise<void>;
  /** Leaves the folder as it was found. */
  takeBack(): Promise<void>;
}

/**
 * Checks that a vault can be recovered into a folder, makes it if there is none, and locks it. What a program
 * left there that was killed is removed.
 *
 * @throws VAULT_EXISTS when the folder has a ledger, or things that no vault has; VAULT_BUSY; INVALID_ARGUMENT where no
 *   folder can be made
 */
export async function recoveredFolder(
  folder: string,
  repository: 'inside' | 'elsewhere',
): Promise<RecoveredFolder> {
  const allowed = repository === 'inside' ? [...keptNames, 'repository'] : keptNames;
  const { found, lock } = await lockedFolder(folder, allowed);
  const takeBackFrom = async (names: readonly string[]): Promise<void> => {
    for (const name of madeNames.filter((one) => !names.includes(one))) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
    await lock.release();
    // Left where somebody has put something there meanwhile.
    if (found === null) await Promise.allSettled([rmdir(folder)]);
  };
  const names = (await namesIn(folder)) ?? [];
  try {
    refuseStrange(folder, names, allowed);
    for (const name of names.filter(isLeftOver)) await rm(join(folder, name));
    await makeFolder(vaultLayout(folder).engines, 0o700);
  } catch (error) {
    await takeBackFrom(names);
    throw error;
  }
  return {
    isVault: names.includes('vault.json'),
    leave: () => lock.release(),
    takeBack: () => takeBackFrom(names),
  };
}

/** With the names that were in it; null when it was made. */
async function lockedFolder(
  folder: string,
  allowed: readonly string[],
): Promise<{ readonly found: readonly string[] | null; readonly lock: RecoveryLock }> {
  try {
    const found = await namesIn(folder);
    refuseStrange(folder, found ?? [], allowed);
    await makeFolder(folder, 0o700);
    return { found, lock: await lockRecovery(folder) };
  } catch (cause) {
    if (isSnapledgerError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `no vault can be recovered into '${folder}': ${reason}`,
      { cause, remedy: 'Choose a folder that you may write to.' },
    );
  }
}

function isLeftOver(name: string): boolean {
  return (
    isUnfinishedWrappingKey(name) ||
    isUnfinishedMarker(name) ||
    isUnfinishedLedger(name) ||
    isUnfinishedWitness(name)
  );
}

/** @throws VAULT_EXISTS */
function refuseStrange(folder: string, names: readonly string[], allowed: readonly string[]): void {
  const isKnown = (name: string): boolean =>
    allowed.includes(name) || isLeftOver(name) || isRecoveryLock(name);
  const strange = names.find((name) => !isKnown(name));
  if (strange === undefined) return;
  throw new SnapledgerError('VAULT_EXISTS', `'${folder}' has '${strange}' in it`, {
    remedy: strange.startsWith('ledger.sqlite')
      ? 'Move its ledger away if it is lost; a ledger that is there is never overwritten.'
      : 'Choose an empty folder, or the vault whose ledger is lost.',
  });
}

/** Null for a folder that does not exist. */
async function namesIn(folder: string): Promise<readonly string[] | null> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null;
    throw error;
  }
}
