import { dateOf, formatDate } from '../calendar/local-date.ts';
import { localTimeAt } from '../calendar/time-zone.ts';
import { SnapledgerError } from '../errors/snapledger-error.ts';
import type { PointId, ReplicaSetId, SnapshotSetId, TimestampMs } from '../identifiers.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import { dueRuns, isScheduled, nextLookAt, type ScheduledPolicy } from '../policy/due-runs.ts';
import type { Occurrences } from '../policy/occurrences.ts';
import type { RunParts } from '../policy/run-parts.ts';
import { keepObsolete } from '../retention/obsolete-rule.ts';
import { planRetention } from '../retention/plan-retention.ts';
import {
  isSameItem,
  type ItemRef,
  removalsOf,
  type PointDependency,
  type RetentionPlan,
} from '../retention/retention-plan.ts';
import type { KeepReason, RemoveReason } from '../retention/retention-reasons.ts';
import type { SimulatedSession } from './simulated-session.ts';
import { emptyHistory, withoutItems, withSession } from './simulated-history.ts';

export interface SimulationRequest {
  readonly policy: BackupPolicy;
  /** When the policy is set. */
  readonly from: TimestampMs;
  readonly until: TimestampMs;
  /** Every so many sessions is image-level, whatever the policy says of that; null: as it says. */
  readonly imageEvery: number | null;
  /** Sessions that fail, counted from 1: their set is taken, nothing more comes of them. */
  readonly failing: ReadonlySet<number>;
  readonly pointDependency: PointDependency;
}

/** One day, in the policy's time zone, on which something happened. */
export interface SimulatedDay {
  /** `2026-01-05` */
  readonly date: string;
  readonly sessions: readonly SimulatedSession[];
  readonly removed: readonly SimulatedRemoval[];
  /** What there is at the end of the day. */
  readonly chain: readonly SimulatedItem[];
}

export interface SimulatedRemoval {
  readonly kind: ItemRef['kind'];
  readonly takenAt: TimestampMs;
  readonly reasons: readonly RemoveReason[];
}

export interface SimulatedItem {
  readonly kind: ItemRef['kind'];
  readonly takenAt: TimestampMs;
  /** By the rules as they are at the end of that day's last session. */
  readonly reasons: readonly KeepReason[];
}

/** Sessions of one simulation: an hourly policy for more than a year. */
const sessionsMax = 10_000;

/**
 * Lets a policy run on one instance with one volume, in virtual time, by the very rules that the
 * engine goes by. Days on which nothing happens are left out.
 *
 * @throws INVALID_ARGUMENT when the policy has no schedules, or for too many sessions
 */
export function simulatePolicy(
  request: SimulationRequest,
  occurrences: Occurrences,
): readonly SimulatedDay[] {
  const { policy, from, until } = request;
  if (!isScheduled(policy)) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `policy '${policy.policyId}' has no schedules: nothing happens by itself`,
      { remedy: 'Give it schedules, and simulate it again.' },
    );
  }
  const days: SimulatedDay[] = [];
  let history = emptyHistory;
  let scheduled: ScheduledPolicy = {
    versions: [{ policy, setAt: from }],
    coveredUntil: null,
    state: 'idle',
  };
  let number = 0;
  let now = nextLookAt(scheduled, from, occurrences);
  while (now !== null && now <= until) {
    const at: TimestampMs = now;
    const [due] = dueRuns([scheduled], at, occurrences);
    if (due !== undefined) {
      number += 1;
      if (number > sessionsMax) throw tooMany();
      const session: SimulatedSession = {
        number,
        at,
        scope: scopeOf(request, due.parts, number),
        outcome: request.failing.has(number) ? 'failed' : 'succeeded',
      };
      const made = withSession(history, session, due.parts.replicas);
      const plan = planRetention({
        history: made.history,
        policy,
        obsolete: keepObsolete,
        pointDependency: request.pointDependency,
        during: made.sessionId,
        now: at,
      });
      // A session that failed ends before its retention.
      const removals = session.outcome === 'succeeded' ? removalsOf(plan) : [];
      history = withoutItems(made.history, removals);
      record(days, policy.timeZone, session, plan, removals);
      scheduled = { ...scheduled, coveredUntil: at };
    }
    now = nextLookAt(scheduled, at, occurrences);
  }
  return days;
}

function scopeOf(
  { policy, imageEvery }: SimulationRequest,
  { scope }: RunParts,
  number: number,
): RunParts['scope'] {
  if (imageEvery === null || policy.image.level === 'off') return scope;
  return (number - 1) % imageEvery === 0 ? 'image-level' : 'snapshot-only';
}

function record(
  days: SimulatedDay[],
  timeZone: string,
  session: SimulatedSession,
  plan: RetentionPlan,
  removals: readonly ItemRef[],
): void {
  const date = formatDate(dateOf(localTimeAt(session.at, timeZone)));
  const isGoing = (item: ItemRef): boolean => removals.some((one) => isSameItem(one, item));
  const removed = inTime(goingOf(plan))
    .filter(({ item }) => isGoing(item))
    .map(({ item, takenAt, reasons }) => ({ kind: item.kind, takenAt, reasons }));
  const left = goingOf(plan).map(({ held, ...one }) => ({ ...one, reasons: held }));
  const chain = inTime([...keptOf(plan), ...left])
    .filter(({ item }) => !isGoing(item))
    .map(({ item, takenAt, reasons }) => ({ kind: item.kind, takenAt, reasons }));
  const last = days.at(-1);
  if (last?.date === date) {
    days[days.length - 1] = {
      date,
      sessions: [...last.sessions, session],
      removed: [...last.removed, ...removed],
      chain,
    };
  } else {
    days.push({ date, sessions: [session], removed, chain });
  }
}

interface Kept {
  readonly item: ItemRef;
  readonly takenAt: TimestampMs;
  readonly reasons: readonly KeepReason[];
}

function keptOf({ snapshots, replicas, points }: RetentionPlan): readonly Kept[] {
  return [
    ...snapshots.keep.map(({ id, ...one }) => ({ ...one, item: setRef(id) })),
    ...replicas.keep.map(({ id, ...one }) => ({ ...one, item: replicaRef(id) })),
    ...points.keep.map(({ id, ...one }) => ({ ...one, item: pointRef(id) })),
  ];
}

/** What is to go; a session that fails leaves it, and what is held stays as well. */
interface Going {
  readonly item: ItemRef;
  readonly takenAt: TimestampMs;
  readonly reasons: readonly RemoveReason[];
  readonly held: readonly KeepReason[];
}

function goingOf({ snapshots, replicas, points }: RetentionPlan): readonly Going[] {
  return [
    ...snapshots.remove.map(({ id, ...one }) => ({ ...one, item: setRef(id), held: [] })),
    ...replicas.remove.map(({ id, ...one }) => ({ ...one, item: replicaRef(id), held: [] })),
    ...points.expire.map(({ id, ...one }) => ({ ...one, item: pointRef(id) })),
  ];
}

function setRef(id: SnapshotSetId): ItemRef {
  return { kind: 'snapshot-set', id };
}

function replicaRef(id: ReplicaSetId): ItemRef {
  return { kind: 'replica', id };
}

function pointRef(id: PointId): ItemRef {
  return { kind: 'restore-point', id };
}

function inTime<Item extends { readonly takenAt: TimestampMs }>(
  items: readonly Item[],
): readonly Item[] {
  return items.toSorted((a, b) => a.takenAt - b.takenAt);
}

function tooMany(): SnapledgerError {
  return new SnapledgerError(
    'LIMIT_EXCEEDED',
    `the simulation has more than ${sessionsMax} sessions`,
    {
      remedy: 'Simulate a shorter time.',
    },
  );
}
