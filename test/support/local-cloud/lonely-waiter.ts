import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { identityOf, isRunning, ownIdentity } from '../../../src/platform/process-identity.ts';
import { createPartialNames } from '../../../src/adapters/local-cloud/state/partial-names.ts';
import { WorkerEndings } from '../../../src/adapters/local-cloud/workers/worker-endings.ts';
import { readExit } from '../../../src/adapters/local-cloud/workers/worker-folder.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';

/*
 * A process that nothing keeps alive but its wait for the end of a worker, which runs no more and
 * is not reaped yet. Prints the exit code of the worker.
 */
const folder = mkdtempSync(path.join(os.tmpdir(), 'snapledger-waiter-'));
process.on('exit', () => {
  rmSync(folder, { recursive: true });
});
const endings = new WorkerEndings(createPartialNames(ownIdentity(), systemRandom), systemClock);
const child = spawn(process.execPath, ['-e', 'process.exit(3)'], {
  detached: true,
  stdio: 'ignore',
});
const identity = identityOf(child.pid ?? 0);
child.unref();
endings.watch(folder, child);
// Without a turn of the event loop in between, Node cannot reap it.
while (identity !== null && isRunning(identity)) continue;
await endings.settled(folder);
process.stdout.write(String((await readExit(folder))?.exitCode));
