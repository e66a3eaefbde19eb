import { readdir, readlink, symlink } from 'node:fs/promises';
import path from 'node:path';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';
import {
  formatIdentity,
  isRunning,
  parseIdentity,
  type ProcessIdentity,
} from '../../../platform/process-identity.ts';
import { corruptStateError } from '../state/corrupt-state-error.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { stateError } from '../state/state-error.ts';
import { launcherPrefix } from './worker-folder.ts';

/**
 * Who may start a worker: the holder of the claim with the highest number. A claim is a link,
 * made once and never removed; when its holder dies, whoever makes the next number takes over.
 * So there is never more than one living launcher, and nothing has to be unlocked.
 */
export interface LauncherClaim {
  readonly number: number;
  readonly holder: 'alive' | 'dead';
}

/** The claim that counts; null when the worker's folder is gone. @throws CLOUD_STATE_CORRUPT */
export async function readLauncherClaim(workerFolder: string): Promise<LauncherClaim | null> {
  try {
    const numbers = (await readdir(workerFolder))
      .filter((name) => name.startsWith(launcherPrefix))
      .map((name) => Number(name.slice(launcherPrefix.length)));
    if (numbers.length === 0) throw corruptStateError(workerFolder, 'holds no launcher');
    const number = Math.max(...numbers);
    const file = claimPath(workerFolder, number);
    const holder = parseIdentity(await readlink(file));
    if (holder === null) throw corruptStateError(file, 'does not name a process');
    return { number, holder: isRunning(holder) ? 'alive' : 'dead' };
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null;
    throw stateError(error, `read ${workerFolder}`);
  }
}

/** Makes a claim; false when somebody else has it, or when the worker's folder is gone. */
export async function claimLaunch(
  workerFolder: string,
  number: number,
  self: ProcessIdentity,
): Promise<boolean> {
  if (number >= localCloudLimits.launchersMax) {
    throw new SnapledgerError(
      'WORKER_FAILED',
      `${number} processes died while they started the worker ${path.basename(workerFolder)}`,
      { remedy: 'Look for what kills the engine; then start the session again.' },
    );
  }
  try {
    await symlink(formatIdentity(self), claimPath(workerFolder, number));
    return true;
  } catch (error) {
    if (hasErrno(error, 'EEXIST', 'ENOENT')) return false;
    throw stateError(error, `write ${workerFolder}`);
  }
}

function claimPath(workerFolder: string, number: number): string {
  return path.join(workerFolder, `${launcherPrefix}${number}`);
}
