import path from 'node:path';
import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { WorkerId } from '../../../domain/identifiers.ts';
import type { WorkerDescription, Workers } from '../../../ports/cloud/workers.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { isRunning } from '../../../platform/process-identity.ts';
import { unlessDamagedOfOther } from '../state/owner-marker.ts';
import { listResources } from '../state/resource-list.ts';
import { findWorkerProcess } from './find-worker-process.ts';
import { launchWorker } from './launch-worker.ts';
import { readLogTail } from './log-tail.ts';
import { terminateWorker } from './terminate-worker.ts';
import { WorkerEndings } from './worker-endings.ts';
import { readExit, readWorkerRecord, workerFiles } from './worker-folder.ts';

export interface LocalWorkersOptions {
  /** What follows `node` on a worker's command line, absolute paths only. */
  readonly workerProgram: readonly string[];
  readonly workerEnvironment: Readonly<Record<string, string>>;
  /** How many may run at once. */
  readonly workersMax: number;
}

/** Workers as child processes. They outlive the process that launched them, as on EC2. */
export function createLocalWorkers(
  context: LocalCloudContext,
  { workerProgram, workerEnvironment, workersMax }: LocalWorkersOptions,
): Workers {
  const endings = new WorkerEndings(context.partials, context.clock);
  const describe = (workerId: string): Promise<WorkerDescription | null> =>
    describeWorker(context, endings, workerId);
  const { workers } = context.folders;
  /** One that cannot be read counts: it may run, and the limit is there for what runs. */
  const mayRun = async (name: string): Promise<boolean> => {
    try {
      const worker = await describe(name);
      return worker !== null && worker.state !== 'gone';
    } catch (error) {
      if (hasErrorCode(error, 'CLOUD_STATE_CORRUPT')) return true;
      throw error;
    }
  };
  const requireRoom = async (): Promise<void> => {
    const living = (await Promise.all((await listResources(workers)).map(mayRun))).filter(Boolean);
    if (living.length < workersMax) return;
    throw new SnapledgerError('LIMIT_EXCEEDED', `${living.length} workers run already`, {
      retry: 'retryable',
      remedy: 'Wait until one has ended, or allow more.',
    });
  };
  return {
    async launch(request) {
      const launch = { ...context, workerProgram, workerEnvironment, endings, requireRoom };
      const workerId = await launchWorker(launch, request);
      const worker = await describe(workerId);
      return worker ?? removedWhileLaunched(workerId, request.owner);
    },
    describe,
    async find({ sessionId }) {
      const names = await listResources(workers);
      const described = await Promise.all(
        names.map((name) =>
          unlessDamagedOfOther(path.join(workers, name), sessionId, () => describe(name)),
        ),
      );
      return described
        .filter((worker) => worker !== null)
        .filter(({ owner }) => owner.sessionId === sessionId);
    },
    terminate: (workerId) => terminateWorker(context, workerId),
  };
}

async function describeWorker(
  { folders }: LocalCloudContext,
  endings: WorkerEndings,
  workerId: string,
): Promise<WorkerDescription | null> {
  const record = await readWorkerRecord(folders.workers, workerId);
  if (record === null) return null;
  const { owner } = record;
  const folder = path.join(folders.workers, workerId);
  const found = await findWorkerProcess(folder);
  const known = { workerId: record.workerId, owner, stateMessage: '' };
  switch (found.kind) {
    case 'removed':
      return null;
    case 'starting':
      return { ...known, state: 'starting' };
    case 'never-started':
      return { ...known, state: 'gone', stateMessage: 'its launcher died before it was started' };
    case 'started':
      if (isRunning(found.identity)) return { ...known, state: 'running' };
      await endings.settled(folder);
      return { ...known, state: 'gone', stateMessage: await describeEnd(folder) };
  }
}

async function describeEnd(folder: string): Promise<string> {
  const exit = await readExit(folder);
  const log = await readLogTail(path.join(folder, workerFiles.log));
  const how =
    exit === null
      ? 'nobody saw how it ended'
      : exit.exitCode === null
        ? `ended by ${exit.signal ?? 'an unknown signal'}`
        : `exit code ${exit.exitCode}`;
  return log === '' ? how : `${how}; the end of its log:\n${log}`;
}

function removedWhileLaunched(
  workerId: WorkerId,
  owner: WorkerDescription['owner'],
): WorkerDescription {
  return { workerId, owner, state: 'gone', stateMessage: 'terminated while it was launched' };
}
