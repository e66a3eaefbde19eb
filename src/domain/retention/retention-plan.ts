import type { PointId, ReplicaSetId, SnapshotSetId, TimestampMs } from '../identifiers.ts';
import type { KeepReason, RemoveReason } from './retention-reasons.ts';

/**
 * What becomes of everything that an instance has: each item is in exactly one list of its kind,
 * with all of its reasons; lists are in the order of the chain, oldest first.
 */
export interface RetentionPlan {
  /** The time that the rules went by; null for decisions recorded before it was told. */
  readonly decidedAt: TimestampMs | null;
  readonly snapshots: ChainPlan<SnapshotSetId>;
  readonly replicas: ChainPlan<ReplicaSetId>;
  readonly points: PointsPlan;
}

export interface ChainPlan<Id extends string> {
  readonly keep: readonly KeptItem<Id>[];
  readonly remove: readonly ItemToRemove<Id>[];
}

/**
 * Restore points leave the chain first, and are removed when nothing holds them any more: expired,
 * deletable and deleted are three facts.
 */
export interface PointsPlan {
  /** Whether a point cannot be read without those that it was compared with. */
  readonly dependency: PointDependency;
  readonly keep: readonly KeptItem<PointId>[];
  readonly expire: readonly PointToExpire[];
}

/** As the storage format says it. */
export type PointDependency = 'independent' | 'needs-parent';

export interface KeptItem<Id extends string> {
  readonly id: Id;
  readonly takenAt: TimestampMs;
  readonly reasons: readonly KeepReason[];
}

export interface ItemToRemove<Id extends string> {
  readonly id: Id;
  readonly takenAt: TimestampMs;
  readonly reasons: readonly RemoveReason[];
}

export interface PointToExpire extends ItemToRemove<PointId> {
  /** When it left the chain; null: it does so now. */
  readonly expiredAt: TimestampMs | null;
  /** What keeps its data from being deleted now; empty: it is deletable. */
  readonly held: readonly KeepReason[];
}

/** An item of an instance, whatever its kind. */
export type ItemRef =
  | { readonly kind: 'snapshot-set'; readonly id: SnapshotSetId }
  | { readonly kind: 'replica'; readonly id: ReplicaSetId }
  | { readonly kind: 'restore-point'; readonly id: PointId };

/** One that is snapshots in the cloud. */
export type SnapshotItemRef = Exclude<ItemRef, { readonly kind: 'restore-point' }>;

/** What a plan removes now, in the order in which it is removed. */
export function removalsOf({ snapshots, replicas, points }: RetentionPlan): readonly ItemRef[] {
  return [
    ...snapshots.remove.map(({ id }) => ({ kind: 'snapshot-set', id }) as const),
    ...replicas.remove.map(({ id }) => ({ kind: 'replica', id }) as const),
    // Newest first, so that none is ever left without one that it needs.
    ...points.expire
      .filter(({ held }) => held.length === 0)
      .map(({ id }) => ({ kind: 'restore-point', id }) as const)
      .toReversed(),
  ];
}

/** The restore points that leave the chain with this plan, oldest first. */
export function expiriesOf({ points }: RetentionPlan): readonly PointToExpire[] {
  return points.expire.filter(({ expiredAt }) => expiredAt === null);
}

export function isSameItem(a: ItemRef, b: ItemRef): boolean {
  return a.kind === b.kind && a.id === b.id;
}
