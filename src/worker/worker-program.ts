import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import { decodeUserData } from '../mailbox/user-data.ts';
import { exitCodeOf, workerExitCodes } from './exit-code.ts';
import { createFolderDevices } from './folder-devices.ts';
import { formatLoader } from './load-format.ts';
import { openWorkerStore } from './open-worker-store.ts';
import { runWorker } from './run-worker.ts';
import { describeError, workerStopped } from './worker-errors.ts';
import type { WorkerWorld } from './worker-world.ts';

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
  let world: WorkerWorld;
  try {
    world = await openWorld(instanceFolder, formats, signal);
  } catch (error) {
    log(`cannot start: ${describeError(error)}`);
    return workerExitCodes.unusable;
  }
  return exitCodeOf(await runWorker(world));
}

async function openWorld(
  instanceFolder: string,
  formats: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<WorkerWorld> {
  const userData = decodeUserData(await readFile(join(instanceFolder, 'user-data')));
  return {
    userData,
    objectStore: await openWorkerStore(userData.objectStore),
    devices: createFolderDevices(join(instanceFolder, 'devices'), userData.devices),
    loadFormat: formatLoader(formats),
    clock: systemClock,
    random: systemRandom,
    signal,
    log,
  };
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
