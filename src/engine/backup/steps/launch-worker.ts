import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import { workerMachine } from '../../../domain/backup-session/worker-machine.ts';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { WorkerRequest } from '../../../ports/cloud/workers.ts';
import { problemOf } from '../../problem-of.ts';
import { openMailbox } from '../open-mailbox.ts';
import type { StepContext } from '../step-context.ts';

/**
 * Launches the worker of this attempt; the client token makes a repeated request the same one. A spot
 * instance that is refused is recorded, and the same step then launches one on demand.
 */
export async function launchWorker(context: StepContext, attempt: number): Promise<BackupCommand> {
  const { engine, session } = context;
  const { sessionId, instanceId } = session;
  const mailbox = await openMailbox(context, attempt);
  const { format } = await engine.repository();
  const machine = workerMachine(session);
  const launch: WorkerRequest = {
    owner: { sessionId, instanceId },
    // Another request for the same attempt is another one for the cloud, too.
    clientToken: `${sessionId}-worker-${attempt}${machine.market === 'spot' ? '-spot' : ''}`,
    machine,
    userData: mailbox.userData({
      objectStore: engine.workerStore,
      format: format.name,
      devices: engine.workerDevices,
      limits: {
        pollIntervalMs: engine.limits.transferPollMaxMs,
        beatIntervalMs: engine.limits.workerBeatIntervalMs,
      },
    }),
  };
  try {
    const { workerId } = await engine.cloud.workers.launch(launch);
    return { type: 'RecordWorker', attempt, workerId };
  } catch (error) {
    if (!hasErrorCode(error, 'SPOT_REFUSED')) throw error;
    return { type: 'RecordSpotRefused', attempt, problem: problemOf(error) };
  }
}
