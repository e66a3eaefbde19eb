import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { AttachedVolume } from '../../../domain/backup-session/backup-events.ts';
import { assert } from '../../../domain/errors/assert.ts';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { WorkerId } from '../../../domain/identifiers.ts';
import { problemOf } from '../../problem-of.ts';
import { workerLost } from '../worker-lost.ts';
import type { StepContext } from '../step-context.ts';
import { untransferredVolumes } from '../untransferred-volumes.ts';

/** Re-creates the volumes that are still to be read and attaches them to the worker. */
export async function attachVolumes(
  context: StepContext,
  attempt: number,
  workerId: WorkerId,
): Promise<BackupCommand> {
  const { engine, session } = context;
  const { sessionId, instanceId } = session;
  const { volumes: cloudVolumes } = engine.cloud;
  const attached: AttachedVolume[] = [];
  try {
    for (const { planned } of untransferredVolumes(session)) {
      context.signal.throwIfAborted();
      const { snapshotId } = planned;
      const { volumeId } = await cloudVolumes.create({
        snapshotId,
        owner: { sessionId, instanceId },
        clientToken: `${sessionId}-volume-${attempt}-${snapshotId}`,
      });
      await cloudVolumes.attach(volumeId, workerId);
      attached.push({ volumeId, snapshotId });
    }
  } catch (error) {
    if (!hasErrorCode(error, 'WORKER_NOT_FOUND')) throw error;
    const attemptsMax = engine.limits.workerAttemptsMax;
    // To whoever looks for the worker it is not there; for the session it was lost, as later on.
    const { stateMessage = '' } = (await engine.cloud.workers.describe(workerId)) ?? {};
    const why = stateMessage === '' ? '' : `: ${stateMessage}`;
    const lost = workerLost(
      `worker ${workerId} ended before its volumes were attached${why}`,
      error,
    );
    return { type: 'RecordWorkerLost', problem: problemOf(lost), attemptsMax };
  }
  assert(attached.length > 0, 'a worker is launched only when there is something to read');
  return { type: 'RecordAttachments', volumes: attached };
}
