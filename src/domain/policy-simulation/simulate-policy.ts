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
      // A session that fails after its set was completed applies retention, too.
      const removals = removalsOf(plan);
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
  const all = itemsOf(plan);
  const removed = all.flatMap(({ item, takenAt, remove }) =>
    isGoing(item) ? [{ kind: item.kind, takenAt, reasons: remove }] : [],
  );
  const chain = all.flatMap(({ item, takenAt, keep }) =>
    isGoing(item) ? [] : [{ kind: item.kind, takenAt, reasons: keep }],
  );
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

interface PlannedItem {
  readonly item: ItemRef;
  readonly takenAt: TimestampMs;
  readonly keep: readonly KeepReason[];
  readonly remove: readonly RemoveReason[];
}

function itemsOf({ snapshots, replicas, points }: RetentionPlan): readonly PlannedItem[] {
  const kept = { remove: [] } as const;
  const going = { keep: [] } as const;
  const set = (id: SnapshotSetId): ItemRef => ({ kind: 'snapshot-set', id });
  const replica = (id: ReplicaSetId): ItemRef => ({ kind: 'replica', id });
  const point = (id: PointId): ItemRef => ({ kind: 'restore-point', id });
  return [
    ...snapshots.keep.map((one) => ({ ...one, ...kept, item: set(one.id), keep: one.reasons })),
    ...snapshots.remove.map((one) => ({
      ...one,
      ...going,
      item: set(one.id),
      remove: one.reasons,
    })),
    ...replicas.keep.map((one) => ({ ...one, ...kept, item: replica(one.id), keep: one.reasons })),
    ...replicas.remove.map((one) => ({
      ...{ ...one, ...going, item: replica(one.id), remove: one.reasons },
    })),
    ...points.keep.map((one) => ({ ...one, ...kept, item: point(one.id), keep: one.reasons })),
    ...points.expire.map((one) => ({
      ...{ ...one, item: point(one.id), keep: one.held, remove: one.reasons },
    })),
  ].toSorted((a, b) => a.takenAt - b.takenAt);
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
