import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../adapters/system/system-clock.ts';
import { decodeUserData, type UserData } from '../mailbox/user-data.ts';
import { workerExitCodes } from './exit-code.ts';
import { formatLoader } from './load-format.ts';
import { prepareTransfer } from './prepare-transfer.ts';
import { describeError, workerStopped } from './worker-errors.ts';

/**
 * Puts the worker together from real parts and runs it: reads `user-data` in the instance folder,
 * does one job, and says what it does on stdout, one line each. On SIGTERM or SIGINT it stops its
 * work and reports that.
 *
 * @param formats the modules of storage formats that are plugged in, by their names
 * @returns the exit code
 */
export async function runWorkerProgram(
  instanceFolder: string,
  formats: ReadonlyMap<string, string>,
): Promise<number> {
  // A log that nobody takes any more is no reason to end a backup.
  process.stdout.on('error', () => undefined);
  const signal = stopSignal();
  let userData: UserData;
  try {
    userData = decodeUserData(await readFile(join(instanceFolder, 'user-data')));
  } catch (error) {
    log(`cannot start: ${describeError(error)}`);
    return workerExitCodes.unusable;
  }
  // First of all: threads of the format start while the rest of the program is loaded.
  const preparing = prepareTransfer(userData.format, formatLoader(formats));
  await Promise.allSettled([preparing]);
  const { runInFolder } = await import('./run-in-folder.ts');
  return await runInFolder({ instanceFolder, userData, preparing, signal, log });
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      log(`received ${name}`);
      stop.abort(workerStopped(`it received ${name}`));
    });
  }
  return stop.signal;
}

function log(line: string): void {
  process.stdout.write(`${new Date(systemClock.now()).toISOString()} ${line}\n`);
}
