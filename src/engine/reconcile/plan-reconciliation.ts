import {
  type FoundKeepReason,
  type FoundRemoveReason,
  judgeFound,
} from '../../domain/adoption/judge-found.ts';
import { RecordedItems, type RecordingSession } from '../../domain/adoption/recorded-items.ts';
import type { AdoptedItems, AdoptionReason } from '../../domain/backup-session/adoption-events.ts';
import type { InstanceId, SessionId, SnapshotId } from '../../domain/identifiers.ts';
import type { InventoryItem } from '../../ports/cloud/inventory.ts';
import { itemOwner } from '../../ports/cloud/inventory-item.ts';
import type { RestoreRemnant } from '../../ports/cloud/volume-restores.ts';
import type { RestoredVolume } from '../../domain/restore-session/restore-events.ts';
import type { StartedRestore } from '../../domain/restore-session/restore-session.ts';
import { adoptableItems, type FoundItems, foundItems } from './found-items.ts';

/** What becomes of one resource, and why. */
export type ReconcileDecision =
  /** Into the ledger, with the set or replica that it belongs to. */
  | { readonly action: 'adopt'; readonly reason: AdoptionReason }
  | { readonly action: 'keep'; readonly reason: KeepReason }
  | { readonly action: 'remove'; readonly reason: RemoveReason };

export type KeepReason =
  | FoundKeepReason
  /** A restore to the original place has taken it away, and only a confirmation of that removes it. */
  | 'kept-by-restore'
  /** A volume that was attached since it was listed: it is its user's. Never planned. */
  | 'in-use';

export type RemoveReason =
  | FoundRemoveReason
  /** Workers and volumes serve a session while it runs, and so does what its copies give others to read. */
  | 'session-ended';

export type ReconciledRestore = Pick<
  StartedRestore,
  'sessionId' | 'status' | 'restored' | 'launched'
>;

export interface PlannedItem {
  readonly item: InventoryItem;
  readonly decision: ReconcileDecision;
}

export interface ReconciliationPlan {
  readonly items: readonly PlannedItem[];
  /** What their snapshots make up, by instance. */
  readonly adoptable: ReadonlyMap<InstanceId, AdoptedItems>;
}

/** What the ledger has, as it was before the inventory was made. */
export interface ReconciledLedger {
  /** Every backup session. */
  readonly backups: readonly RecordingSession[];
  readonly restores: readonly ReconciledRestore[];
  readonly unreadable: readonly SessionId[];
}

/**
 * What is to be done with what the cloud has of a repository. Decides about nothing that is not in
 * the inventory, which has only what carries authentic tags and is what they were written for.
 *
 * What a session has made since the ledger was read looks as if nobody knew its session. It is not removed
 * for that; and whether it is adopted is decided once more when nobody works with its instance.
 */
export function planReconciliation(
  items: readonly InventoryItem[],
  { backups, restores, unreadable }: ReconciledLedger,
): ReconciliationPlan {
  const restoreOf = new Map(restores.map((restore) => [restore.sessionId, restore]));
  const recorded = new RecordedItems(backups, unreadable);
  const found = foundItems(items);
  const decisionOf = (item: InventoryItem): ReconcileDecision => {
    const { sessionId } = itemOwner(item);
    switch (item.kind) {
      case 'restore':
        return decideRestore(item.remnant, restoreOf.get(sessionId));
      case 'kept':
        return { action: 'keep', reason: reasonOfKept(restoreOf.get(sessionId)) };
      case 'volume':
      case 'worker':
      case 'shared':
        return decideHelper(recorded, sessionId);
      case 'snapshot':
      case 'replica':
        return decideSnapshot(recorded, found, item);
    }
  };
  const planned = items.map((item) => ({ item, decision: decisionOf(item) }));
  const reasons = new Map<SnapshotId, AdoptionReason>();
  for (const { item, decision } of planned) {
    if (decision.action !== 'adopt') continue;
    if (item.kind === 'snapshot') reasons.set(item.snapshot.snapshotId, decision.reason);
    if (item.kind === 'replica') reasons.set(item.replica.snapshotId, decision.reason);
  }
  return { items: planned, adoptable: adoptableItems(found, (id) => reasons.get(id) ?? null) };
}

/** Whatever became of its session, it was its user's before. */
function reasonOfKept(restore: ReconciledRestore | undefined): KeepReason {
  if (restore === undefined) return 'unknown-session';
  return restore.status === 'running' ? 'session-open' : 'kept-by-restore';
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

/** Of what serves a session while it runs. */
function decideHelper(recorded: RecordedItems, sessionId: SessionId): ReconcileDecision {
  switch (recorded.makerOf(sessionId)) {
    case 'unknown':
    case 'unreadable':
      return { action: 'keep', reason: 'unknown-session' };
    case 'open':
      return { action: 'keep', reason: 'session-open' };
    case 'ended':
      return { action: 'remove', reason: 'session-ended' };
  }
}

function decideSnapshot(
  recorded: RecordedItems,
  { conditions }: FoundItems,
  item: Extract<InventoryItem, { readonly kind: 'snapshot' | 'replica' }>,
): ReconcileDecision {
  const { owner, snapshotId } = item.kind === 'snapshot' ? item.snapshot : item.replica;
  const { sessionId: madeBy } = owner;
  return judgeFound({
    maker: recorded.makerOf(madeBy),
    record:
      item.kind === 'snapshot'
        ? recorded.ofSet({ id: item.snapshot.setId, madeBy, snapshotId })
        : recorded.ofReplica({ id: item.replica.replicaSetId, madeBy, snapshotId }),
    condition: conditions.get(snapshotId) ?? 'incomplete',
  });
}
