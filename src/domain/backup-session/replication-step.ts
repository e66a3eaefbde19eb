import type { ReplicaSetId, SnapshotId } from '../identifiers.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';
import type { SnapshotSetState, StartedBackup } from './backup-session.ts';

/** Copying the set to its targets. */
export type ReplicationStep =
  | { readonly kind: 'request-replica'; readonly target: ReplicaTarget }
  | {
      readonly kind: 'start-replica';
      readonly replicaSetId: ReplicaSetId;
      readonly target: ReplicaTarget;
      /** Of the set: what is copied. */
      readonly snapshotIds: readonly SnapshotId[];
    }
  | {
      readonly kind: 'await-replica';
      readonly replicaSetId: ReplicaSetId;
      readonly target: ReplicaTarget;
      /** Of the copies. */
      readonly snapshotIds: readonly SnapshotId[];
    }
  /** The session is ending: remove whatever copies there are, and record that there is no replica. */
  | {
      readonly kind: 'abandon-replica';
      readonly replicaSetId: ReplicaSetId;
      readonly target: ReplicaTarget;
    };

/** Begins the copies to one target after the other; null when all of them are under way. */
export function replicationStep(
  { replicaTargets, replicas }: StartedBackup,
  set: SnapshotSetState,
): ReplicationStep | null {
  const requested = replicas.find(({ state }) => state === 'requested');
  if (requested !== undefined) {
    const { replicaSetId, target } = requested;
    const snapshotIds = set.snapshots.map(({ snapshotId }) => snapshotId);
    return { kind: 'start-replica', replicaSetId, target, snapshotIds };
  }
  const target = replicaTargets[replicas.length];
  return target === undefined ? null : { kind: 'request-replica', target };
}

/** Waits for copies that were begun; null when none is pending. */
export function pendingCopyStep({ replicas }: StartedBackup): ReplicationStep | null {
  const pending = replicas.find(({ state }) => state === 'started');
  if (pending === undefined) return null;
  const { replicaSetId, target, snapshots } = pending;
  const snapshotIds = snapshots.map(({ snapshotId }) => snapshotId);
  return { kind: 'await-replica', replicaSetId, target, snapshotIds };
}

/** What a session that was given up does about its copies. */
export function settleReplicaStep(session: StartedBackup): ReplicationStep | null {
  const isCancelled = session.ending?.outcome === 'cancelled';
  const unwanted = session.replicas.find(
    ({ state }) => state === 'requested' || (isCancelled && state === 'started'),
  );
  if (unwanted === undefined) return pendingCopyStep(session);
  const { replicaSetId, target } = unwanted;
  return { kind: 'abandon-replica', replicaSetId, target };
}
