import { dateOf, formatDate } from '../calendar/local-date.ts';
import { localTimeAt } from '../calendar/time-zone.ts';
import type { ReplicaSetId, TimestampMs } from '../identifiers.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';
import type { ItemRef, RetentionPlan } from '../retention/retention-plan.ts';
import type { KeepReason, RemoveReason } from '../retention/retention-reasons.ts';
import type { SimulatedSession } from './simulated-session.ts';

/** One day, in the policy's time zone, on which something happened. */
export interface SimulatedDay {
  /** `2026-01-05` */
  readonly date: string;
  readonly sessions: readonly SimulatedSession[];
  /** When retention ran by itself, because time alone let something go. */
  readonly maintenance: readonly SimulatedMaintenance[];
  readonly removed: readonly SimulatedRemoval[];
  /** What there is at the end of the day. */
  readonly chain: readonly SimulatedItem[];
}

export interface SimulatedMaintenance {
  readonly startedAt: TimestampMs;
}

export interface SimulatedRemoval {
  readonly kind: ItemRef['kind'];
  /** Where a replica was; null for other items. */
  readonly target: ReplicaTarget | null;
  readonly takenAt: TimestampMs;
  readonly reasons: readonly RemoveReason[];
}

export interface SimulatedItem {
  readonly kind: ItemRef['kind'];
  /** Where a replica is; null for other items. */
  readonly target: ReplicaTarget | null;
  readonly takenAt: TimestampMs;
  /** By the rules as they are at the end of that day's last session or maintenance. */
  readonly reasons: readonly KeepReason[];
}

/** A session, or maintenance, and what its retention decided. */
export interface SimulatedRetention {
  readonly at: TimestampMs;
  /** Null: maintenance. */
  readonly session: SimulatedSession | null;
  readonly plan: RetentionPlan;
  /** Where a replica that the plan names is. */
  readonly targetOf: (replicaSetId: ReplicaSetId) => ReplicaTarget;
}

/** The days with one retention more, which is not before the last of them. */
export function withRetention(
  days: readonly SimulatedDay[],
  { at, session, plan, targetOf }: SimulatedRetention,
  timeZone: string,
): readonly SimulatedDay[] {
  const date = formatDate(dateOf(localTimeAt(at, timeZone)));
  const last = days.at(-1);
  const isSameDay = last?.date === date;
  const { sessions, maintenance, removed } = isSameDay ? last : emptyDay;
  const day: SimulatedDay = {
    date,
    sessions: session === null ? sessions : [...sessions, session],
    maintenance: session === null ? [...maintenance, { startedAt: at }] : maintenance,
    removed: [...removed, ...goingOf(plan, targetOf)],
    chain: keptOf(plan, targetOf),
  };
  return [...(isSameDay ? days.slice(0, -1) : days), day];
}

const emptyDay = { sessions: [], maintenance: [], removed: [] } as const;

type TargetOf = SimulatedRetention['targetOf'];

function goingOf(
  { snapshots, replicas, points }: RetentionPlan,
  targetOf: TargetOf,
): readonly SimulatedRemoval[] {
  return inTime([
    ...snapshots.remove.map(told(setKind)),
    ...replicas.remove.map((one) => ({ ...told(replicaKind)(one), target: targetOf(one.id) })),
    // Nothing is held in a simulation, so what leaves the chain is removed at once.
    ...points.expire.map(told(pointKind)),
  ]);
}

function keptOf(
  { snapshots, replicas, points }: RetentionPlan,
  targetOf: TargetOf,
): readonly SimulatedItem[] {
  return inTime([
    ...snapshots.keep.map(told(setKind)),
    ...replicas.keep.map((one) => ({ ...told(replicaKind)(one), target: targetOf(one.id) })),
    ...points.keep.map(told(pointKind)),
  ]);
}

/** What is told of an item of this kind. */
function told(kind: ItemRef['kind']) {
  return <Reason>({ takenAt, reasons }: DecidedItem<Reason>) => ({
    kind,
    target: null,
    takenAt,
    reasons,
  });
}

interface DecidedItem<Reason> {
  readonly takenAt: TimestampMs;
  readonly reasons: readonly Reason[];
}

const setKind = 'snapshot-set' as const;
const replicaKind = 'replica' as const;
const pointKind = 'restore-point' as const;

function inTime<Item extends { readonly takenAt: TimestampMs }>(
  items: readonly Item[],
): readonly Item[] {
  return items.toSorted((a, b) => a.takenAt - b.takenAt);
}
