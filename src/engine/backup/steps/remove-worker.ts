import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { StepContext } from '../step-context.ts';

/**
 * Removes every worker and temporary volume that carries this session, whether an event tells of
 * it or not: the engine may have died between making one and recording it.
 */
export async function removeWorker({
  engine,
  session,
}: Pick<StepContext, 'engine' | 'session'>): Promise<BackupCommand> {
  const { workers, volumes } = engine.cloud;
  const { sessionId } = session;
  // Workers first: a volume that a living worker reads would stay in use.
  const foundWorkers = await workers.find({ sessionId });
  for (const { workerId } of foundWorkers) await workers.terminate(workerId);
  const foundVolumes = await volumes.find({ sessionId });
  for (const { volumeId } of foundVolumes) await volumes.delete(volumeId);
  return {
    type: 'RecordWorkerRemoved',
    workers: foundWorkers.map(({ workerId }) => workerId),
    volumes: foundVolumes.map(({ volumeId }) => volumeId),
  };
}
