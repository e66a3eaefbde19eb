import { assert } from '../errors/assert.ts';
import type { PointId, TimestampMs } from '../identifiers.ts';
import type {
  ChainPlan,
  ItemToRemove,
  KeptItem,
  PointDependency,
  PointToExpire,
  RetentionPlan,
} from './retention-plan.ts';
import type { KeepReason, RemoveReason } from './retention-reasons.ts';

/**
 * A retention plan as its event has it. Each reason stands in one list, and items name its place
 * there, because a plan of thousands of items has to fit into one event.
 */
export interface RecordedPlan {
  readonly decidedAt: TimestampMs | null;
  readonly keepReasons: readonly KeepReason[];
  readonly removeReasons: readonly RemoveReason[];
  readonly snapshots: RecordedChain;
  readonly replicas: RecordedChain;
  readonly points: {
    readonly dependency: PointDependency;
    readonly keep: readonly RecordedItem[];
    readonly expire: readonly RecordedExpiry[];
  };
}

export interface RecordedChain {
  readonly keep: readonly RecordedItem[];
  readonly remove: readonly RecordedItem[];
}

export interface RecordedItem {
  readonly id: string;
  readonly takenAt: TimestampMs;
  /** Places in `keepReasons` for what stays, in `removeReasons` for what goes. */
  readonly reasons: readonly number[];
}

export interface RecordedExpiry extends RecordedItem {
  readonly expiredAt: TimestampMs | null;
  /** Places in `keepReasons`. */
  readonly held: readonly number[];
}

export function recordPlan(plan: RetentionPlan): RecordedPlan {
  const keepReasons = new ReasonTable<KeepReason>();
  const removeReasons = new ReasonTable<RemoveReason>();
  const kept = ({ id, takenAt, reasons }: KeptItem<string>): RecordedItem => ({
    id,
    takenAt,
    reasons: keepReasons.placesOf(reasons),
  });
  const toRemove = ({ id, takenAt, reasons }: ItemToRemove<string>): RecordedItem => ({
    id,
    takenAt,
    reasons: removeReasons.placesOf(reasons),
  });
  const chain = ({ keep, remove }: ChainPlan<string>): RecordedChain => ({
    keep: keep.map(kept),
    remove: remove.map(toRemove),
  });
  const { decidedAt, points } = plan;
  const snapshots = chain(plan.snapshots);
  const replicas = chain(plan.replicas);
  const recordedPoints = {
    dependency: points.dependency,
    keep: points.keep.map(kept),
    expire: points.expire.map((point) => ({
      ...toRemove(point),
      expiredAt: point.expiredAt,
      held: keepReasons.placesOf(point.held),
    })),
  };
  return {
    decidedAt,
    keepReasons: keepReasons.all,
    removeReasons: removeReasons.all,
    snapshots,
    replicas,
    points: recordedPoints,
  };
}

export function planOf(recorded: RecordedPlan): RetentionPlan {
  const { keepReasons, removeReasons, points } = recorded;
  const kept = <Id extends string>({ id, takenAt, reasons }: RecordedItem): KeptItem<Id> => ({
    id: id as Id,
    takenAt,
    reasons: reasonsAt(keepReasons, reasons),
  });
  const toRemove = <Id extends string>({
    id,
    takenAt,
    reasons,
  }: RecordedItem): ItemToRemove<Id> => ({
    id: id as Id,
    takenAt,
    reasons: reasonsAt(removeReasons, reasons),
  });
  const chain = <Id extends string>({ keep, remove }: RecordedChain): ChainPlan<Id> => ({
    keep: keep.map(kept<Id>),
    remove: remove.map(toRemove<Id>),
  });
  const expiry = (point: RecordedExpiry): PointToExpire => ({
    ...toRemove<PointId>(point),
    expiredAt: point.expiredAt,
    held: reasonsAt(keepReasons, point.held),
  });
  return {
    decidedAt: recorded.decidedAt,
    snapshots: chain(recorded.snapshots),
    replicas: chain(recorded.replicas),
    points: {
      dependency: points.dependency,
      keep: points.keep.map(kept<PointId>),
      expire: points.expire.map(expiry),
    },
  };
}

/** Reasons, each once, in the order in which they first came. */
class ReasonTable<Reason extends object> {
  readonly #places = new Map<string, number>();
  readonly #reasons: Reason[] = [];

  get all(): readonly Reason[] {
    return this.#reasons;
  }

  placesOf(reasons: readonly Reason[]): readonly number[] {
    return reasons.map((reason) => {
      // Reasons of one kind are always built with their fields in the same order.
      const key = JSON.stringify(reason);
      const known = this.#places.get(key);
      if (known !== undefined) return known;
      const place = this.#reasons.push(reason) - 1;
      this.#places.set(key, place);
      return place;
    });
  }
}

function reasonsAt<Reason>(table: readonly Reason[], places: readonly number[]): readonly Reason[] {
  return places.map((place) => {
    const reason = table[place];
    assert(reason !== undefined, 'an item names only reasons that are listed');
    return reason;
  });
}
