import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import { unreachable } from '../../domain/errors/unreachable.ts';
import type { ReplicaSetId, SnapshotSetId } from '../../domain/identifiers.ts';
import type { InventoryItem } from '../../ports/cloud/inventory.ts';
import type { ReplicaDescription } from '../../ports/cloud/replicas.ts';
import type { ResourceOwner } from '../../ports/cloud/resource-owner.ts';
import type { RestoreRemnant } from '../../ports/cloud/volume-restores.ts';
import type { RestoredVolume } from '../../domain/restore-session/restore-events.ts';
import type { StartedRestore } from '../../domain/restore-session/restore-session.ts';
import type { SnapshotDescription } from '../../ports/cloud/snapshots.ts';

/** What becomes of one resource, and why. */
export type ReconcileDecision =
  | { readonly action: 'keep'; readonly reason: KeepReason }
  | { readonly action: 'remove'; readonly reason: RemoveReason };

export type KeepReason =
  /** Its session runs and will deal with it. */
  | 'session-open'
  /** The ledger has it; whether it goes is for retention to decide. */
  | 'recorded'
  /** The ledger does not know its session: it may be another vault's of the same repository. */
  | 'unknown-session'
  /** A restore to the original place has taken it away, and only a confirmation of that removes it. */
  | 'kept-by-restore'
  /** A volume that was attached since it was listed: it is its user's. Never planned. */
  | 'in-use';

export type RemoveReason =
  /** Workers and volumes serve a session while it runs, and so does what its copies give others to read. */
  | 'session-ended'
  /** The session has ended and its record does not have it: it came too late, or twice. */
  | 'not-recorded'
  /** The record says that it was removed. */
  | 'removed-before';

/** What of a session the plan is made from: whole states of all sessions would not fit in memory. */
export type ReconciledSession = Pick<
  StartedBackup,
  'sessionId' | 'status' | 'snapshotSet' | 'replicas' | 'removed'
>;

export type ReconciledRestore = Pick<
  StartedRestore,
  'sessionId' | 'status' | 'restored' | 'launched'
>;

export interface PlannedItem {
  readonly item: InventoryItem;
  readonly decision: ReconcileDecision;
}

/**
 * What is to be done with what the cloud has of a repository. Decides about nothing that is not in
 * the inventory, which has only what carries authentic tags and is what they were written for.
 *
 * @param sessions every backup session, and every restore, of the ledger, as it was before the inventory was made: what
 *   a session has made since then belongs to one that is open or unknown, and stays
 */
export function planReconciliation(
  items: readonly InventoryItem[],
  sessions: readonly ReconciledSession[],
  restores: readonly ReconciledRestore[] = [],
): readonly PlannedItem[] {
  const restoreOf = new Map(restores.map((restore) => [restore.sessionId, restore]));
  const byId = new Map(sessions.map((session) => [session.sessionId, session]));
  const removed: RemovedIds = {
    sets: new Set(sessions.flatMap((session) => session.removed.sets)),
    replicas: new Set(sessions.flatMap((session) => session.removed.replicas)),
  };
  const decisionOf = (item: InventoryItem): ReconcileDecision => {
    const { sessionId } = ownerOf(item);
    switch (item.kind) {
      case 'restore':
        return decideRestore(item.remnant, restoreOf.get(sessionId));
      case 'kept':
        return { action: 'keep', reason: reasonOfKept(restoreOf.get(sessionId)) };
      case 'snapshot':
      case 'replica':
      case 'volume':
      case 'worker':
      case 'shared':
        return decide(item, byId.get(sessionId), removed);
    }
  };
  return items.map((item) => ({ item, decision: decisionOf(item) }));
}

/** Whatever became of its session, it was its user's before. */
function reasonOfKept(restore: ReconciledRestore | undefined): KeepReason {
  if (restore === undefined) return 'unknown-session';
  return restore.status === 'running' ? 'session-open' : 'kept-by-restore';
}

interface RemovedIds {
  readonly sets: ReadonlySet<SnapshotSetId>;
  readonly replicas: ReadonlySet<ReplicaSetId>;
}

/** What a restore was for is its user's once it has succeeded; so is any volume whose id is not known. */
function decideRestore(
  { type, resourceId }: RestoreRemnant,
  restore: ReconciledRestore | undefined,
): ReconcileDecision {
  if (restore === undefined) return { action: 'keep', reason: 'unknown-session' };
  if (restore.status === 'running') return { action: 'keep', reason: 'session-open' };
  if (type === 'snapshot' || type === 'image' || restore.status !== 'succeeded') {
    return { action: 'remove', reason: 'session-ended' };
  }
  const isRecorded = (restored: RestoredVolume): boolean =>
    restored.resourceId === null || restored.resourceId === resourceId;
  const isKnown =
    type === 'instance' ? restore.launched === resourceId : restore.restored.some(isRecorded);
  return isKnown
    ? { action: 'keep', reason: 'recorded' }
    : { action: 'remove', reason: 'not-recorded' };
}

function decide(
  item: Exclude<InventoryItem, { readonly kind: 'restore' | 'kept' }>,
  session: ReconciledSession | undefined,
  removed: RemovedIds,
): ReconcileDecision {
  if (session === undefined) return { action: 'keep', reason: 'unknown-session' };
  if (session.status === 'running') return { action: 'keep', reason: 'session-open' };
  switch (item.kind) {
    case 'worker':
    case 'volume':
    case 'shared':
      return { action: 'remove', reason: 'session-ended' };
    case 'snapshot':
      if (!hasSnapshot(session, item.snapshot)) return { action: 'remove', reason: 'not-recorded' };
      return recordedUnless(removed.sets.has(item.snapshot.setId));
    case 'replica':
      if (!hasReplica(session, item.replica)) return { action: 'remove', reason: 'not-recorded' };
      return recordedUnless(removed.replicas.has(item.replica.replicaSetId));
    default:
      return unreachable(item);
  }
}

function recordedUnless(wasRemoved: boolean): ReconcileDecision {
  return wasRemoved
    ? { action: 'remove', reason: 'removed-before' }
    : { action: 'keep', reason: 'recorded' };
}

function hasSnapshot(
  { snapshotSet }: ReconciledSession,
  { setId, snapshotId }: SnapshotDescription,
): boolean {
  if (snapshotSet?.setId !== setId) return false;
  return snapshotSet.snapshots.some((one) => one.snapshotId === snapshotId);
}

function hasReplica(
  { replicas }: ReconciledSession,
  { replicaSetId, snapshotId }: ReplicaDescription,
): boolean {
  const replica = replicas.find((one) => one.replicaSetId === replicaSetId);
  switch (replica?.state) {
    case undefined:
    case 'failed':
      return false;
    // Which copies are left of it nobody has recorded: retention looks for them by their tags.
    case 'torn':
    case 'requested':
      return true;
    case 'started':
    case 'completed':
      return replica.snapshots.some((one) => one.snapshotId === snapshotId);
  }
}

export function ownerOf(item: InventoryItem): ResourceOwner {
  switch (item.kind) {
    case 'snapshot':
    case 'shared':
      return item.snapshot.owner;
    case 'replica':
      return item.replica.owner;
    case 'volume':
      return item.volume.owner;
    case 'worker':
      return item.worker.owner;
    case 'restore':
      return item.remnant.owner;
    case 'kept':
      return item.kept.owner;
  }
}
