import { dateOf, formatDate } from '../calendar/local-date.ts';
import { localTimeAt } from '../calendar/time-zone.ts';
import type { TimestampMs } from '../identifiers.ts';
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
  readonly takenAt: TimestampMs;
  readonly reasons: readonly RemoveReason[];
}

export interface SimulatedItem {
  readonly kind: ItemRef['kind'];
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
}

/** The days with one retention more, which is not before the last of them. */
export function withRetention(
  days: readonly SimulatedDay[],
  { at, session, plan }: SimulatedRetention,
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
    removed: [...removed, ...goingOf(plan)],
    chain: keptOf(plan),
  };
  return [...(isSameDay ? days.slice(0, -1) : days), day];
}

const emptyDay = { sessions: [], maintenance: [], removed: [] } as const;

function goingOf({ snapshots, replicas, points }: RetentionPlan): readonly SimulatedRemoval[] {
  return inTime([
    ...snapshots.remove.map(({ takenAt, reasons }) => ({ kind: setKind, takenAt, reasons })),
    ...replicas.remove.map(({ takenAt, reasons }) => ({ kind: replicaKind, takenAt, reasons })),
    // Nothing is held in a simulation, so what leaves the chain is removed at once.
    ...points.expire.map(({ takenAt, reasons }) => ({ kind: pointKind, takenAt, reasons })),
  ]);
}

function keptOf({ snapshots, replicas, points }: RetentionPlan): readonly SimulatedItem[] {
  return inTime([
    ...snapshots.keep.map(({ takenAt, reasons }) => ({ kind: setKind, takenAt, reasons })),
    ...replicas.keep.map(({ takenAt, reasons }) => ({ kind: replicaKind, takenAt, reasons })),
    ...points.keep.map(({ takenAt, reasons }) => ({ kind: pointKind, takenAt, reasons })),
  ]);
}

const setKind = 'snapshot-set' as const;
const replicaKind = 'replica' as const;
const pointKind = 'restore-point' as const;

function inTime<Item extends { readonly takenAt: TimestampMs }>(
  items: readonly Item[],
): readonly Item[] {
  return items.toSorted((a, b) => a.takenAt - b.takenAt);
}
