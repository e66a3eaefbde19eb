/** The program of a scan thread. */
import { parentPort } from 'node:worker_threads';
import { assert } from '../../../domain/errors/assert.ts';
import { scanPage } from './scan-page.ts';
import type { ScanTask } from './scan-task.ts';

const port = parentPort;
assert(port !== null, 'scan-thread runs on a worker thread');
port.on('message', (task: ScanTask) => {
  port.postMessage(scanPage(task));
});
