import { join } from 'node:path';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { exitCodeOf, workerExitCodes } from './exit-code.ts';
import { createFolderDevices } from './folder-devices.ts';
import { openWorkerStore } from './open-worker-store.ts';
import { letGo } from './prepare-transfer.ts';
import { runWorker } from './run-worker.ts';
import { describeError } from './worker-errors.ts';
import type { WorkerWorld } from './worker-world.ts';

/** What the program has of its world before the rest of it is loaded. */
export interface WorkerStart extends Pick<
  WorkerWorld,
  'userData' | 'preparing' | 'signal' | 'log'
> {
  readonly instanceFolder: string;
}

/** Runs a worker on the devices in its instance folder. @returns the exit code */
export async function runInFolder(start: WorkerStart): Promise<number> {
  const { instanceFolder, userData, preparing, signal, log } = start;
  let objectStore: ObjectStore;
  try {
    objectStore = await openWorkerStore(userData.objectStore);
  } catch (error) {
    log(`cannot start: ${describeError(error)}`);
    await letGo(preparing, log);
    return workerExitCodes.unusable;
  }
  const end = await runWorker({
    userData,
    objectStore,
    devices: createFolderDevices(join(instanceFolder, 'devices'), userData.devices),
    preparing,
    clock: systemClock,
    random: systemRandom,
    signal,
    log,
  });
  return exitCodeOf(end);
}
