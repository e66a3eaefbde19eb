import type { TimestampMs } from '../domain/identifiers.ts';
import type {
  HistoryItem,
  PointItem,
  ReplicaItem,
  SnapshotSetItem,
} from '../domain/retention/history-items.ts';
import type { InstanceHistory } from '../domain/retention/instance-history.ts';
import {
  type ItemRef,
  removalsOf,
  type RetentionPlan,
} from '../domain/retention/retention-plan.ts';

/** An item of a history, whatever its kind. */
export type AnyItem =
  | { readonly kind: 'snapshot-set'; readonly item: SnapshotSetItem }
  | { readonly kind: 'replica'; readonly item: ReplicaItem }
  | { readonly kind: 'restore-point'; readonly item: PointItem };

export function itemsOf({ sets, replicas, points }: InstanceHistory): readonly AnyItem[] {
  return [
    ...sets.map((item) => ({ kind: 'snapshot-set', item }) as const),
    ...replicas.map((item) => ({ kind: 'replica', item }) as const),
    ...points.map((item) => ({ kind: 'restore-point', item }) as const),
  ];
}

export function keyOf(kind: ItemRef['kind'], id: string): string {
  return `${kind} ${id}`;
}

/** What a plan takes away: data of sets and replicas, and data of points. */
export function removedKeys(plan: RetentionPlan): ReadonlySet<string> {
  return new Set(removalsOf(plan).map(({ kind, id }) => keyOf(kind, id)));
}

/** Whether it was made by hand and its own expiry has not come. */
export function isStillWanted(
  { origin, condition, expiresAt }: HistoryItem<string>,
  now: TimestampMs,
): boolean {
  return origin === 'manual' && condition !== 'pending' && (expiresAt === null || expiresAt > now);
}
