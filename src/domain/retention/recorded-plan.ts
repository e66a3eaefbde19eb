import { assert } from '../errors/assert.ts';
import type { PointId, TimestampMs } from '../identifiers.ts';
import { recordedPlanLimits } from './recorded-plan-limits.ts';
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
 * there, because a plan of thousands of items has to fit into one event. What does not fit even so
 * is counted: what goes is then left for the next retention, and what stays is not listed.
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
  /** Items that stay and are not listed: the oldest. */
  readonly unlisted: number;
  /** Items that are to go and are left for the next retention: the newest; of points the oldest. */
  readonly postponed: number;
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
  const recorder = new PlanRecorder();
  const { decidedAt, snapshots, replicas, points } = plan;
  const removedSets = recorder.recordGoing(snapshots.remove);
  const removedReplicas = recorder.recordGoing(replicas.remove);
  const expire = recorder.recordExpiring(points.expire);
  const keptSets = recorder.recordStaying(snapshots.keep);
  const keptPoints = recorder.recordStaying(points.keep);
  const keptReplicas = recorder.recordStaying(replicas.keep);
  return {
    decidedAt,
    keepReasons: recorder.keepReasons.all,
    removeReasons: recorder.removeReasons.all,
    snapshots: { keep: keptSets, remove: removedSets },
    replicas: { keep: keptReplicas, remove: removedReplicas },
    points: { dependency: points.dependency, keep: keptPoints, expire },
    unlisted: recorder.unlisted,
    postponed: recorder.postponed,
  };
}

class PlanRecorder {
  readonly keepReasons = new ReasonTable<KeepReason>();
  readonly removeReasons = new ReasonTable<RemoveReason>();
  unlisted = 0;
  postponed = 0;
  #itemBytes = 0;

  recordGoing(items: readonly ItemToRemove<string>[]): readonly RecordedItem[] {
    const now = items.slice(0, recordedPlanLimits.removalsMax);
    this.postponed += items.length - now.length;
    return now.map((item) => this.#record(item, this.removeReasons));
  }

  recordExpiring(points: readonly PointToExpire[]): readonly RecordedExpiry[] {
    const { removalsMax } = recordedPlanLimits;
    // The newest of what can be deleted: nothing older needs it. What is held takes none of its room.
    const listed = new Set([
      ...points.filter(({ held }) => held.length === 0).slice(-removalsMax),
      ...points.filter(({ held }) => held.length > 0).slice(-removalsMax),
    ]);
    this.postponed += points.length - listed.size;
    const now = points.filter((point) => listed.has(point));
    return now.map((point) => ({
      ...this.#record(point, this.removeReasons),
      expiredAt: point.expiredAt,
      held: this.keepReasons.placesOf(point.held),
    }));
  }

  /** The newest that fit. */
  recordStaying(items: readonly KeptItem<string>[]): readonly RecordedItem[] {
    const recorded: RecordedItem[] = [];
    for (const item of items.toReversed()) {
      if (this.#bytes >= recordedPlanLimits.bytesMax) break;
      recorded.push(this.#record(item, this.keepReasons));
    }
    this.unlisted += items.length - recorded.length;
    return recorded.reverse();
  }

  get #bytes(): number {
    return this.#itemBytes + this.keepReasons.bytes + this.removeReasons.bytes;
  }

  #record<Reason extends object>(
    {
      id,
      takenAt,
      reasons,
    }: { readonly id: string; readonly takenAt: TimestampMs } & {
      readonly reasons: readonly Reason[];
    },
    table: ReasonTable<Reason>,
  ): RecordedItem {
    this.#itemBytes += recordedPlanLimits.itemBytes + id.length;
    return { id, takenAt, reasons: table.placesOf(reasons) };
  }
}

/** Reasons, each once, in the order in which they first came. */
class ReasonTable<Reason extends object> {
  readonly #places = new Map<string, number>();
  readonly #reasons: Reason[] = [];
  #bytes = 0;

  get all(): readonly Reason[] {
    return this.#reasons;
  }

  /** An estimate of what they, and the places that were given, take when they are encoded. */
  get bytes(): number {
    return this.#bytes;
  }

  placesOf(reasons: readonly Reason[]): readonly number[] {
    return reasons.map((reason) => {
      // Reasons of one kind are always built with their fields in the same order.
      const key = JSON.stringify(reason);
      let place = this.#places.get(key);
      if (place === undefined) {
        place = this.#reasons.push(reason) - 1;
        this.#places.set(key, place);
        this.#bytes += key.length;
      }
      this.#bytes += place < 128 ? 1 : 3;
      return place;
    });
  }
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

function reasonsAt<Reason>(table: readonly Reason[], places: readonly number[]): readonly Reason[] {
  return places.map((place) => {
    const reason = table[place];
    assert(reason !== undefined, 'an item names only reasons that are listed');
    return reason;
  });
}
