import { parentPort } from 'node:worker_threads';

/**
 * The thread's end of a `ThreadPool`: does one job after the other, in the order they came, and
 * answers each with what `perform` gave; large results are left in shared memory. An error ends
 * the thread, and with it the pool.
 */
export function serveJobs(perform: (job: never) => unknown): void {
  parentPort?.on('message', (job) => {
    parentPort?.postMessage(perform(job as never));
  });
}
