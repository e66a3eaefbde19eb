import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { StepContext } from '../step-context.ts';
import { openMailbox } from '../open-mailbox.ts';

/** Launches the worker of this attempt; the client token makes a repeated request the same one. */
export async function launchWorker(context: StepContext, attempt: number): Promise<BackupCommand> {
  const { engine, session } = context;
  const { sessionId, instanceId } = session;
  const mailbox = await openMailbox(context, attempt);
  const { format } = await engine.repository();
  const { workerId } = await engine.cloud.workers.launch({
    owner: { sessionId, instanceId },
    clientToken: `${sessionId}-worker-${attempt}`,
    userData: mailbox.userData({
      objectStore: engine.workerStore,
      format: format.name,
      devices: engine.workerDevices,
      limits: {
        pollIntervalMs: engine.limits.transferPollMaxMs,
        beatIntervalMs: engine.limits.workerBeatIntervalMs,
      },
    }),
  });
  return { type: 'RecordWorker', attempt, workerId };
}
