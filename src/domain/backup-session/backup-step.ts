import type { SessionId, SnapshotId, SnapshotSetId, WorkerId } from '../identifiers.ts';
import type { BackupSession, StartedBackup } from './backup-session.ts';
import { isTransferComplete } from './backup-session.ts';
import {
  pendingCopyStep,
  type ReplicationStep,
  replicationStep,
  settleReplicaStep,
} from './replication-step.ts';
import { type RetentionStep, retentionStep } from './retention-step.ts';

/** What a session has to do next. One step is performed through the ports, then recorded. */
export type BackupStep =
  | { readonly kind: 'inspect-instance' }
  | { readonly kind: 'request-snapshots' }
  | { readonly kind: 'take-snapshots'; readonly setId: SnapshotSetId }
  /** The session is ending: find out whether a requested set exists after all. */
  | { readonly kind: 'settle-snapshots'; readonly setId: SnapshotSetId }
  | {
      readonly kind: 'await-snapshots';
      readonly setId: SnapshotSetId;
      readonly snapshotIds: readonly SnapshotId[];
    }
  | ReplicationStep
  | { readonly kind: 'register-writer' }
  | { readonly kind: 'plan-read' }
  | { readonly kind: 'launch-worker'; readonly attempt: number }
  | { readonly kind: 'attach-volumes'; readonly attempt: number; readonly workerId: WorkerId }
  | { readonly kind: 'transfer-blocks'; readonly attempt: number; readonly workerId: WorkerId }
  /** `attempt`: the one that was begun last, 0 before the first. */
  | { readonly kind: 'read-directly'; readonly attempt: number }
  | { readonly kind: 'commit-point' }
  | { readonly kind: 'remove-worker'; readonly workersWanted: 'one-more' | 'no-more' }
  | { readonly kind: 'close-writer' }
  | { readonly kind: 'discard-writer' }
  | RetentionStep
  | { readonly kind: 'end-session' }
  /** Everything is done and recorded. */
  | { readonly kind: 'nothing'; readonly sessionId: SessionId | null };

/** The next step of a session. Pure: the same events always lead to the same step. */
export function nextBackupStep(session: BackupSession): BackupStep {
  if (session.status === 'not-started') return { kind: 'nothing', sessionId: null };
  if (session.status !== 'running') return { kind: 'nothing', sessionId: session.sessionId };
  return session.ending === null ? stepTowardsGoal(session) : stepTowardsEnd(session);
}

function stepTowardsGoal(session: StartedBackup): BackupStep {
  const { instance, snapshotSet: set } = session;
  if (session.kind === 'maintenance') return lastStep(session);
  if (instance === null) return { kind: 'inspect-instance' };
  if (set === null) return { kind: 'request-snapshots' };
  if (set.state === 'requested') return { kind: 'take-snapshots', setId: set.setId };
  if (set.state === 'taken') {
    const snapshotIds = set.snapshots.map(({ snapshotId }) => snapshotId);
    return { kind: 'await-snapshots', setId: set.setId, snapshotIds };
  }
  return (
    replicationStep(session, set) ??
    imageLevelStep(session) ??
    pendingCopyStep(session) ??
    lastStep(session)
  );
}

function lastStep(session: StartedBackup): BackupStep {
  return retentionStep(session) ?? { kind: 'end-session' };
}

function imageLevelStep(session: StartedBackup): BackupStep | null {
  const { scope, writer, readPlan, worker, point } = session;
  if (scope !== 'image-level') return null;
  if (!('repositoryId' in writer)) return { kind: 'register-writer' };
  if (point !== null) {
    if (mayHaveWorker(worker)) return { kind: 'remove-worker', workersWanted: 'no-more' };
    return writer.state === 'closed' ? null : { kind: 'close-writer' };
  }
  if (readPlan === null) return { kind: 'plan-read' };
  if (isTransferComplete(session)) return { kind: 'commit-point' };

  switch (worker.state) {
    case 'none':
    case 'possible':
      return { kind: 'launch-worker', attempt: worker.attemptsUsed + 1 };
    case 'direct':
      return { kind: 'read-directly', attempt: worker.attemptsUsed };
    case 'lost':
      return { kind: 'remove-worker', workersWanted: 'one-more' };
    case 'launched':
      return {
        kind: 'attach-volumes',
        attempt: worker.attemptsUsed,
        workerId: worker.workerId,
      };
    case 'attached':
      return {
        kind: 'transfer-blocks',
        attempt: worker.attemptsUsed,
        workerId: worker.workerId,
      };
  }
}

function mayHaveWorker({ state }: StartedBackup['worker']): boolean {
  return state !== 'none' && state !== 'direct';
}

/**
 * Leaves nothing behind: no requested set that no event lists, no worker, no uncommitted data, no
 * copy that nobody waits for. A complete set that it took is a part of the chain like any other,
 * so retention runs as well: backups that fail day after day must not pile up snapshots. For the
 * same reason its copies are waited for after a failure; after a cancellation they are removed.
 */
function stepTowardsEnd(session: StartedBackup): BackupStep {
  const { snapshotSet: set, writer, worker } = session;
  if (set?.state === 'requested') return { kind: 'settle-snapshots', setId: set.setId };
  if (writer.state === 'possible' || writer.state === 'registered') {
    if (mayHaveWorker(worker)) return { kind: 'remove-worker', workersWanted: 'no-more' };
    return { kind: 'discard-writer' };
  }
  if (set?.state !== 'completed') return { kind: 'end-session' };
  return settleReplicaStep(session) ?? lastStep(session);
}
