import { workingPolicy } from '../../domain/backup-session/working-policy.ts';
import { assert } from '../../domain/errors/assert.ts';
import type { StepContext } from './step-context.ts';
import { untransferredVolumes } from './untransferred-volumes.ts';
import type { WatchedWorker } from './worker-watch.ts';

/**
 * Gives the worker its job as soon as it has said hello.
 *
 * What the attempts before had made durable is left out; nothing of theirs is taken any more once
 * this attempt was recorded, so the job is the same whichever engine posts it.
 *
 * @returns whether the job is posted now
 */
export async function postTransferJob(
  { engine, session }: StepContext,
  { mailbox }: WatchedWorker,
): Promise<boolean> {
  if ((await mailbox.readHello()) === null) return false;
  const { worker, sessionId } = session;
  assert(worker.state === 'attached', 'a job is posted to a worker that has its volumes');
  const repository = await engine.repository();
  await mailbox.postJob({
    grant: await repository.grantTransfer(sessionId),
    compression: workingPolicy(session).image.compression,
    volumes: untransferredVolumes(session).map(({ planned, transfer }) => {
      const attached = worker.volumes.find(({ snapshotId }) => snapshotId === planned.snapshotId);
      assert(attached !== undefined, 'every volume that is still to be read is attached');
      const { planId, sizeBytes } = planned;
      return {
        volumeId: attached.volumeId,
        planId,
        sizeBytes,
        firstPlanned: transfer.endPlanned,
      };
    }),
  });
  return true;
}
