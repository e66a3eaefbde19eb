import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { probeLock, tryLock } from '../adapters/filesystem/engine-lock.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { isAbsent } from '../platform/errno.ts';
import { vaultLayout } from './vault-layout.ts';

const lockName = 'recovery.lock';

/** Keeps others from recovering a vault into the same folder, until it is released or the program ends. */
export interface RecoveryLock {
  release(): Promise<void>;
}

/** Whether a file of a folder is the lock, which stays there when a program is killed, and then holds nobody up. */
export function isRecoveryLock(name: string): boolean {
  return name === lockName;
}

/**
 * Locks a folder that exists.
 *
 * @throws VAULT_BUSY when another program recovers a vault into it, or an engine has the vault open whose ledger
 *   would be put in the place of the one that it goes on writing to
 */
export async function lockRecovery(folder: string): Promise<RecoveryLock> {
  const path = join(folder, lockName);
  const lock = await tryLock(path);
  if (lock === null) {
    throw busy(
      `another program is recovering a vault into '${folder}'`,
      'Wait until it has ended.',
    );
  }
  const release = async (): Promise<void> => {
    // The file first: while the lock is held nobody else touches it.
    await rm(path, { force: true });
    lock.release();
  };
  try {
    await refuseEngines(folder);
    return { release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** @throws VAULT_BUSY */
async function refuseEngines(folder: string): Promise<void> {
  const { engines } = vaultLayout(folder);
  for (const name of await namesIn(engines)) {
    if (!name.endsWith('.lock') || (await probeLock(join(engines, name))) !== 'held') continue;
    throw busy(`a program has the vault '${folder}' open`, 'End it, and then recover the ledger.');
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

function busy(message: string, remedy: string): SnapledgerError {
  return new SnapledgerError('VAULT_BUSY', message, {
    retry: 'retryable',
    remedy,
  });
}
