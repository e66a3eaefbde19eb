import { assert } from '../errors/assert.ts';
import { type WorkerMachine, workerTypeFor } from '../policy/worker-policy.ts';
import type { StartedBackup } from './backup-session.ts';
import { workingPolicy } from './working-policy.ts';

/** What the next worker of a session runs on. */
export function workerMachine(session: StartedBackup): WorkerMachine {
  const { workers } = workingPolicy(session).image;
  const { instance, worker, spotRefused } = session;
  assert(instance !== null, 'a worker is launched for an instance that was looked at');
  const sizeBytes = instance.volumes.reduce((sum, volume) => sum + volume.sizeBytes, 0);
  const isFirst = worker.attemptsUsed === 0 && spotRefused === null;
  return {
    instanceType: workerTypeFor(workers.types, sizeBytes),
    market: isFirst ? workers.market : 'on-demand',
  };
}
