import path from 'node:path';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { WorkerId } from '../../../domain/identifiers.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';
import { namePattern } from '../local-ids.ts';
import {
  isOfOwnNamespace,
  isRunning,
  type ProcessIdentity,
} from '../../../platform/process-identity.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { removeResource } from '../state/resource-folder.ts';
import { findWorkerProcess } from './find-worker-process.ts';

/**
 * Ends a worker and forgets it; fine when it is gone already. When this resolves its process runs
 * no more. A process that only has the same pid is never touched.
 *
 * @throws TIMED_OUT, also when it runs in another PID namespace; STORE_UNAVAILABLE
 */
export async function terminateWorker(
  context: LocalCloudContext,
  workerId: WorkerId,
): Promise<void> {
  if (!namePattern.test(workerId)) return;
  const parent = context.folders.workers;
  const identity = await awaitStart(context, path.join(parent, workerId));
  if (identity !== null) await killProcess(context, identity);
  await removeResource({ parent, name: workerId }, context.partials);
}

/** Kills a process and those that it started, and waits until it is gone. @throws TIMED_OUT */
export async function killProcess(
  { clock }: LocalCloudContext,
  identity: ProcessIdentity,
): Promise<void> {
  const looks = localCloudLimits.terminateWaitMs / localCloudLimits.processPollMs;
  for (let look = 0; look < looks; look += 1) {
    if (!isRunning(identity)) return;
    if (!isOfOwnNamespace(identity)) throw foreignError(identity);
    if (look === 0) sendKill(identity.pid);
    await clock.sleep(localCloudLimits.processPollMs);
  }
  throw new SnapledgerError('TIMED_OUT', `the worker's process ${identity.pid} does not end`, {
    retry: 'retryable',
    remedy: 'It waits for a disk that does not answer; check the disks of this machine.',
  });
}

/** Its pid names another process here, or none: it must not be signalled. */
function foreignError({ pid }: ProcessIdentity): SnapledgerError {
  return new SnapledgerError(
    'TIMED_OUT',
    `the worker's process ${pid} runs in another PID namespace and cannot be ended from here`,
    { remedy: 'Go on in the container that launched it, or restart the machine.' },
  );
}

function sendKill(pid: number): void {
  try {
    // Workers lead a process group of their own: the negative pid means all of it.
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error;
  }
}

/** The worker's process; waits for a launcher that is at work on it. Null when there is none. */
async function awaitStart(
  { clock }: LocalCloudContext,
  workerFolder: string,
): Promise<ProcessIdentity | null> {
  const looks = localCloudLimits.launchWaitMs / localCloudLimits.processPollMs;
  for (let look = 0; look < looks; look += 1) {
    const found = await findWorkerProcess(workerFolder);
    switch (found.kind) {
      case 'started':
        return found.identity;
      case 'removed':
      case 'never-started':
        return null;
      case 'starting':
        await clock.sleep(localCloudLimits.processPollMs);
    }
  }
  throw new SnapledgerError('TIMED_OUT', `the launch of ${workerFolder} does not come to an end`, {
    retry: 'retryable',
    remedy: 'Try again; end the process that launches it if that does not help.',
  });
}
