import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { WorkerId } from '../../../domain/identifiers.ts';
import { userDataMaxBytes, type WorkerRequest } from '../../../ports/cloud/workers.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';
import { workerIdOfToken } from '../local-ids.ts';
import { findProcessByArguments } from './process-search.ts';
import { ownIdentity } from '../../../platform/process-identity.ts';
import { replaceFile, writeNewFile } from '../state/durable-file.ts';
import { writeOwnerMarker } from '../state/owner-marker.ts';
import { createResource, type Creation, removeResource } from '../state/resource-folder.ts';
import { stateError } from '../state/state-error.ts';
import { findWorkerProcess, workerArguments } from './find-worker-process.ts';
import { claimLaunch } from './launcher-claims.ts';
import { spawnWorker } from './spawn-worker.ts';
import { killProcess } from './terminate-worker.ts';
import type { WorkerEndings } from './worker-endings.ts';
import { formatProcess, formatWorkerRecord, workerFiles } from './worker-folder.ts';

export interface LaunchContext extends LocalCloudContext {
  /** What follows `node` on a worker's command line. */
  readonly workerProgram: readonly string[];
  /** What a worker gets of an environment, besides the search path. */
  readonly workerEnvironment: Readonly<Record<string, string>>;
  readonly endings: WorkerEndings;
  /** @throws LIMIT_EXCEEDED */
  readonly requireRoom: () => Promise<void>;
}

/**
 * Launches the worker of a client token, or finds the one that was launched with it, by whatever
 * process. The worker is recorded before it is started: a launcher can die at any line, and the
 * next call with the token finds the process that it left, or starts it.
 *
 * @throws INVALID_ARGUMENT, LIMIT_EXCEEDED, WORKER_FAILED, TIMED_OUT, STORE_FULL,
 *   STORE_UNAVAILABLE
 */
export async function launchWorker(
  context: LaunchContext,
  request: WorkerRequest,
): Promise<WorkerId> {
  if (request.userData.length > userDataMaxBytes) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `the user data of a worker is ${request.userData.length} bytes long; ${userDataMaxBytes} are allowed`,
    );
  }
  const workerId = workerIdOfToken(request.clientToken);
  const folder = path.join(context.folders.workers, workerId);
  const looks = localCloudLimits.launchWaitMs / localCloudLimits.processPollMs;
  for (let look = 0; look < looks; look += 1) {
    const found = await findWorkerProcess(folder);
    switch (found.kind) {
      case 'removed':
        await context.requireRoom();
        if ((await recordWorker(context, workerId, request)).outcome === 'exists') break;
        await startWorker(context, workerId);
        return workerId;
      case 'starting':
        await context.clock.sleep(localCloudLimits.processPollMs);
        break;
      case 'never-started':
        if (!(await claimLaunch(folder, found.claimNumber + 1, ownIdentity()))) break;
        await takeOver(context, workerId);
        return workerId;
      case 'started':
        if (!found.recorded) await recordFound(context, folder, found.identity);
        return workerId;
    }
  }
  throw new SnapledgerError('TIMED_OUT', `the launch of ${workerId} does not come to an end`, {
    retry: 'retryable',
    remedy: 'Try again; end the process that launches it if that does not help.',
  });
}

/** Writes down what is to be started, with this process as its launcher. */
function recordWorker(
  context: LaunchContext,
  workerId: WorkerId,
  { owner, userData }: WorkerRequest,
): Promise<Creation<void>> {
  const place = { parent: context.folders.workers, name: workerId };
  const launchedAt = context.clock.now();
  return createResource(place, context.partials, async (folder) => {
    const record = formatWorkerRecord({ workerId, owner, launchedAt });
    await writeNewFile(path.join(folder, workerFiles.record), record);
    await writeOwnerMarker(folder, owner);
    await writeNewFile(path.join(folder, workerFiles.userData), userData);
    await mkdir(path.join(folder, workerFiles.devices), { mode: 0o700 });
    assert(await claimLaunch(folder, 0, ownIdentity()), 'a new folder has no launcher');
  });
}

/** Goes on where a dead launcher stopped, which may have been just before or after its spawn. */
async function takeOver(context: LaunchContext, workerId: WorkerId): Promise<void> {
  const folder = path.join(context.folders.workers, workerId);
  await context.clock.sleep(localCloudLimits.launcherDeathGraceMs);
  const running = await findProcessByArguments(workerArguments(folder));
  if (running === null) await startWorker(context, workerId);
  else await recordFound(context, folder, running);
}

/** When it fails nothing is left: neither a process nor the record. */
async function startWorker(context: LaunchContext, workerId: WorkerId): Promise<void> {
  const place = { parent: context.folders.workers, name: workerId };
  const folder = path.join(place.parent, place.name);
  try {
    const { child, identity } = await spawnWorker(context, folder);
    context.endings.watch(folder, child);
    try {
      await recordFound(context, folder, identity);
    } catch (error) {
      await killProcess(context, identity);
      throw error;
    }
  } catch (error) {
    await removeResource(place, context.partials);
    throw stateError(error, `start the worker ${workerId}`);
  }
}

function recordFound(
  { partials }: LaunchContext,
  folder: string,
  identity: Parameters<typeof formatProcess>[0],
): Promise<void> {
  return replaceFile(path.join(folder, workerFiles.process), formatProcess(identity), partials);
}
