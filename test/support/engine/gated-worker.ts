/*
 * A worker that stands still when it is about to post a segment, until it is let through:
 * the gate in its vault's folder says how many segments each attempt may post. Everything else is
 * the real worker.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { decodeUserData } from '../../../src/mailbox/user-data.ts';
import { exitCodeOf, workerExitCodes } from '../../../src/worker/exit-code.ts';
import { createFolderDevices } from '../../../src/worker/folder-devices.ts';
import { formatLoader } from '../../../src/worker/load-format.ts';
import { openWorkerStore } from '../../../src/worker/open-worker-store.ts';
import { prepareTransfer } from '../../../src/worker/prepare-transfer.ts';
import { runWorker } from '../../../src/worker/run-worker.ts';
import { createHookedObjectStore } from '../object-store/hooked-object-store.ts';
import { gatePath, segmentsLetThrough } from './worker-gate.ts';

const { values } = parseArgs({ options: { instance: { type: 'string' } } });
const instanceFolder = values.instance ?? '';
const userData = decodeUserData(await readFile(path.join(instanceFolder, 'user-data')));
const gate = gatePath(path.resolve(instanceFolder, '../../..'));

let posted = 0;
const objectStore = createHookedObjectStore(await openWorkerStore(userData.objectStore), {
  before: async ({ method, key }) => {
    if (method !== 'create' || !key.includes('/segments-')) return;
    for (;;) {
      const letThrough = await segmentsLetThrough(gate, userData.attempt);
      // A test run that was cut off leaves no worker behind.
      if (letThrough === null) process.exit(workerExitCodes.unreported);
      if (posted < letThrough) break;
      await systemClock.sleep(5);
    }
    posted += 1;
  },
});

const end = await runWorker({
  userData,
  objectStore,
  devices: createFolderDevices(path.join(instanceFolder, 'devices'), { kind: 'folder' }),
  preparing: prepareTransfer(userData.format, formatLoader(new Map())),
  clock: systemClock,
  random: systemRandom,
  signal: new AbortController().signal,
  log: (line) => process.stdout.write(`${line}\n`),
});
process.exit(exitCodeOf(end));
