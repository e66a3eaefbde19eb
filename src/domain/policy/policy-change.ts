import type { InstanceId, PolicyId, TimestampMs } from '../identifiers.ts';
import type { ItemRef } from '../retention/retention-plan.ts';
import { removalsOf, type RetentionPlan, isSameItem } from '../retention/retention-plan.ts';

/** What setting or removing a policy does. */
export interface PolicyChange {
  readonly policyId: PolicyId;
  readonly kind: 'new' | 'changed' | 'unchanged' | 'removed';
  /** True: the policy keeps no snapshot set by its own rules. */
  readonly keepsNothing: boolean;
}

/** An instance of which more than half would go at the next retention because of a change. */
export interface HeavyLoss {
  readonly instanceId: InstanceId;
  readonly going: readonly LostItem[];
  /** Snapshot sets, replicas and restore points that there are. */
  readonly itemsCount: number;
}

export interface LostItem {
  readonly kind: ItemRef['kind'];
  readonly id: string;
  readonly takenAt: TimestampMs;
}

/**
 * What the rules of after a change remove that those of before would not; null when that is at
 * most half of what there is.
 */
export function heavyLoss(
  instanceId: InstanceId,
  before: RetentionPlan,
  after: RetentionPlan,
): HeavyLoss | null {
  const goingAnyway = removalsOf(before);
  const items = itemsOf(after);
  const going = removalsOf(after)
    .filter((item) => !goingAnyway.some((other) => isSameItem(item, other)))
    .map(({ kind, id }) => ({ kind, id, takenAt: items.get(id) ?? (0 as TimestampMs) }));
  if (going.length * 2 <= items.size) return null;
  return { instanceId, going, itemsCount: items.size };
}

function itemsOf({ snapshots, replicas, points }: RetentionPlan): ReadonlyMap<string, TimestampMs> {
  return new Map(
    [
      ...snapshots.keep,
      ...snapshots.remove,
      ...replicas.keep,
      ...replicas.remove,
      ...points.keep,
      ...points.expire,
    ].map(({ id, takenAt }) => [id, takenAt]),
  );
}
