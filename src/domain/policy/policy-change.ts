import type { InstanceId, PolicyId, Region, TimestampMs } from '../identifiers.ts';
import type { ItemRef } from '../retention/retention-plan.ts';
import { removalsOf, type RetentionPlan } from '../retention/retention-plan.ts';

/** What setting or removing a policy does. */
export interface PolicyChange {
  readonly policyId: PolicyId;
  readonly kind: 'new' | 'changed' | 'unchanged' | 'removed';
  /** True: the policy keeps no snapshot set by its own rules. */
  readonly keepsNothing: boolean;
}

/** What an instance would lose at the next retention after a change. */
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

export interface LossQuestion {
  readonly instanceId: InstanceId;
  readonly before: RetentionPlan;
  readonly after: RetentionPlan;
  /** The region of each replica: those in one region are a chain. */
  readonly regionOf: ReadonlyMap<string, Region>;
  /** `any`: of a policy that keeps nothing whatever goes is told. */
  readonly tells: 'more-than-half' | 'any';
}

/**
 * What the next retention removes after a change, when the change makes it remove something that it
 * would have kept, and that leaves less than half of a chain: of the snapshot sets, of the replicas in a
 * region, of the restore points. Otherwise null. What would go without the change counts too, so that
 * several small changes before one retention are no way around the question.
 */
export function heavyLoss(question: LossQuestion): HeavyLoss | null {
  const { instanceId, before, after, regionOf, tells } = question;
  const goingAnyway = new Set(removalsOf(before).map(keyOf));
  const goingNow = new Set(removalsOf(after).map(keyOf));
  const items = itemsOf(after);
  const isGoing = (item: LostItem): boolean => goingNow.has(keyOf(item));
  const isGoingByChange = (item: LostItem): boolean =>
    isGoing(item) && !goingAnyway.has(keyOf(item));
  const chains = Map.groupBy(items, ({ kind, id }) => `${kind} ${regionOf.get(id) ?? ''}`);
  const isHeavy = [...chains.values()].some(
    (chain) => chain.some(isGoingByChange) && chain.filter(isGoing).length * 2 > chain.length,
  );
  if (!items.some(isGoingByChange) || (tells === 'more-than-half' && !isHeavy)) return null;
  return { instanceId, going: items.filter(isGoing), itemsCount: items.length };
}

function itemsOf({ snapshots, replicas, points }: RetentionPlan): readonly LostItem[] {
  const ofKind = (
    kind: LostItem['kind'],
    items: readonly { readonly id: string; readonly takenAt: TimestampMs }[],
  ): readonly LostItem[] => items.map(({ id, takenAt }) => ({ kind, id, takenAt }));
  return [
    ...ofKind('snapshot-set', [...snapshots.keep, ...snapshots.remove]),
    ...ofKind('replica', [...replicas.keep, ...replicas.remove]),
    ...ofKind('restore-point', [...points.keep, ...points.expire]),
  ];
}

function keyOf({ kind, id }: Pick<LostItem, 'kind' | 'id'>): string {
  return `${kind} ${id}`;
}
