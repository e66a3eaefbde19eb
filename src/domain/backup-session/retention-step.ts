import { unreachable } from '../errors/unreachable.ts';
import type { PointId, ReplicaSetId, SnapshotSetId } from '../identifiers.ts';
import {
  expiriesOf,
  type ItemRef,
  removalsOf,
  type RetentionPlan,
} from '../retention/retention-plan.ts';
import type { StartedBackup } from './backup-session.ts';

/** Carrying out what retention decided. */
export type RetentionStep =
  | { readonly kind: 'decide-retention' }
  /** Nothing to do outside: the points are to be recorded as expired. */
  | { readonly kind: 'expire-points'; readonly pointIds: readonly PointId[] }
  /** Have the instance's stream clear the removals, so that no hold can come between. */
  | { readonly kind: 'clear-removals'; readonly items: readonly ItemRef[] }
  | { readonly kind: 'remove-snapshots'; readonly setId: SnapshotSetId }
  | { readonly kind: 'remove-replica'; readonly replicaSetId: ReplicaSetId }
  | { readonly kind: 'remove-point'; readonly pointId: PointId };

/** Points that one append can record as expired: a store takes 64 events in one. */
const expiriesMax = 50;

/** Decides, records what expires, clears the removals, and removes; null when all is done. */
export function retentionStep(session: StartedBackup): RetentionStep | null {
  const { retention } = session;
  if (retention === null) return { kind: 'decide-retention' };
  const expired = new Set(session.expiredPoints);
  const pointIds = expiriesOf(retention)
    .map(({ id }) => id)
    .filter((pointId) => !expired.has(pointId));
  if (pointIds.length > 0) {
    return { kind: 'expire-points', pointIds: pointIds.slice(0, expiriesMax) };
  }
  const items = removalsOf(retention);
  if (items.length > 0 && session.withheld === null) return { kind: 'clear-removals', items };
  const next = nextRemoval(session, retention, items);
  return next === null ? null : removalStep(next);
}

function nextRemoval(
  { withheld, removed, unremoved }: StartedBackup,
  { points }: RetentionPlan,
  items: readonly ItemRef[],
): ItemRef | null {
  const gone = new Set<string>([...removed.sets, ...removed.replicas, ...removed.points]);
  const staying = new Set<string>([
    ...(withheld ?? []).map(({ item }) => item.id),
    ...unremoved.sets,
    ...unremoved.replicas,
    ...unremoved.points,
  ]);
  for (const item of items) {
    if (gone.has(item.id)) continue;
    if (!staying.has(item.id)) return item;
    // Older points may be needed by this one, which still exists.
    if (item.kind === 'restore-point' && points.dependency === 'needs-parent') return null;
  }
  return null;
}

function removalStep(item: ItemRef): RetentionStep {
  switch (item.kind) {
    case 'snapshot-set':
      return { kind: 'remove-snapshots', setId: item.id };
    case 'replica':
      return { kind: 'remove-replica', replicaSetId: item.id };
    case 'restore-point':
      return { kind: 'remove-point', pointId: item.id };
    default:
      return unreachable(item);
  }
}
