import { SnapledgerError } from '../errors/snapledger-error.ts';
import type { TimestampMs } from '../identifiers.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import { dueRuns, isScheduled, nextLookAt, type ScheduledPolicy } from '../policy/due-runs.ts';
import type { Occurrences } from '../policy/occurrences.ts';
import type { RunParts } from '../policy/run-parts.ts';
import type { PointDependency } from '../retention/retention-plan.ts';
import { type SimulatedDay, withRetention } from './simulated-days.ts';
import { SimulatedInstance } from './simulated-instance.ts';
import type { SimulatedSession } from './simulated-session.ts';

export interface SimulationRequest {
  readonly policy: BackupPolicy;
  /** When the policy is set. */
  readonly from: TimestampMs;
  readonly until: TimestampMs;
  /** Every so many sessions is image-level, whatever the policy says of that; null: as it says. */
  readonly imageEvery: number | null;
  /** Sessions that fail, counted from 1: their set is taken and copied, but there is no point. */
  readonly failing: ReadonlySet<number>;
  readonly pointDependency: PointDependency;
}

/** Sessions of one simulation: an hourly policy for more than a year. */
const sessionsMax = 10_000;

/**
 * Lets a policy run on one instance with one volume, in virtual time, by the very rules that the
 * engine goes by; its maintenance between the sessions, too. Days on which nothing happens are left
 * out.
 *
 * @throws INVALID_ARGUMENT when the policy has no schedules; LIMIT_EXCEEDED for too many sessions
 */
export function simulatePolicy(
  request: SimulationRequest,
  occurrences: Occurrences,
): readonly SimulatedDay[] {
  const { policy, pointDependency, from, until } = request;
  if (!isScheduled(policy)) throw nothingScheduled(policy);
  const instance = new SimulatedInstance(policy, pointDependency);
  let days: readonly SimulatedDay[] = [];
  let scheduled: ScheduledPolicy = {
    versions: [{ policy, setAt: from }],
    coveredUntil: null,
    state: 'idle',
  };
  const targetOf = instance.targetOf.bind(instance);
  let sessionsCount = 0;
  let now = from;
  for (;;) {
    const sessionAt = nextLookAt(scheduled, now, occurrences);
    const maintenanceAt = instance.maintenanceBefore(sessionAt, now, occurrences);
    const at: TimestampMs | null = maintenanceAt ?? sessionAt;
    if (at === null || at > until) return days;
    now = at;
    if (maintenanceAt !== null) {
      const plan = instance.maintain(at);
      days = withRetention(days, { at, session: null, plan, targetOf }, policy.timeZone);
      continue;
    }
    const [due] = dueRuns([scheduled], at, occurrences);
    if (due === undefined) continue;
    sessionsCount += 1;
    if (sessionsCount > sessionsMax) throw tooMany();
    const session = sessionOf(request, due.parts, sessionsCount, at);
    const plan = instance.backUp(session, due.parts.replicas);
    days = withRetention(days, { at, session, plan, targetOf }, policy.timeZone);
    scheduled = { ...scheduled, coveredUntil: at };
  }
}

function sessionOf(
  { policy, imageEvery, failing }: SimulationRequest,
  { scope }: RunParts,
  number: number,
  startedAt: TimestampMs,
): SimulatedSession {
  const outcome = failing.has(number) ? 'failed' : 'succeeded';
  if (imageEvery === null || policy.image.level === 'off') {
    return { number, startedAt, scope, outcome };
  }
  const isImageLevel = (number - 1) % imageEvery === 0;
  return { number, startedAt, scope: isImageLevel ? 'image-level' : 'snapshot-only', outcome };
}

function nothingScheduled({ policyId }: BackupPolicy): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `policy '${policyId}' has no schedules: nothing happens by itself`,
    { remedy: 'Give it schedules, and simulate it again.' },
  );
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
