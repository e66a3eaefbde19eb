import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { removeWorker } from './steps/remove-worker.ts';

/**
 * Removes what a session can do without the ledger: its workers with their volumes, which any engine would
 * launch again, and a set of which nothing is recorded but that it was asked for. On one disk with the
 * ledger that is the room in which its end can be recorded.
 */
export async function freeUnrecorded(engine: EngineContext, session: StartedBackup): Promise<void> {
  await removeWorker({ engine, session });
  const { sessionId, snapshotSet: set } = session;
  if (set?.state !== 'requested') return;
  for (const { setId, snapshotId } of await engine.cloud.snapshots.find({ sessionId })) {
    if (setId === set.setId) await engine.cloud.snapshots.delete(snapshotId);
  }
}
