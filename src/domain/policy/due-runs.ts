import { assert } from '../errors/assert.ts';
import type { TimestampMs } from '../identifiers.ts';
import type { BackupPolicy } from './backup-policy.ts';
import { nextOccurrence, type Occurrences } from './occurrences.ts';
import { policyLimits } from './policy-limits.ts';
import { isSameTarget } from './replica-target.ts';
import type { RunParts } from './run-parts.ts';
import type { Schedule } from './schedule.ts';
import { firstOpen, isOpen } from './start-window.ts';

/** A policy as it was from `setAt` on, until the next version. */
export interface PolicyVersion {
  readonly policy: BackupPolicy;
  readonly setAt: TimestampMs;
}

/** What is recorded of a policy and of its runs. */
export interface ScheduledPolicy {
  /** Oldest first, at least one; the last is in force. */
  readonly versions: readonly PolicyVersion[];
  /** Up to when the last run took care of what was due; null before the first. */
  readonly coveredUntil: TimestampMs | null;
  /** While a run is open no other begins; what becomes due meanwhile is due when it has ended. */
  readonly state: 'idle' | 'running';
}

/** A run to begin now. */
export interface DueRun {
  readonly policy: BackupPolicy;
  readonly parts: RunParts;
  /** The first time that no earlier run took care of: long ago when runs were missed. */
  readonly dueAt: TimestampMs;
}

/**
 * The runs to begin now, one for each policy at most: however many times have passed since the
 * last run, they are made up for by one.
 */
export function dueRuns(
  policies: readonly ScheduledPolicy[],
  now: TimestampMs,
  occurrences: Occurrences,
): readonly DueRun[] {
  return policies.flatMap((scheduled) => {
    const { policy } = inForce(scheduled);
    if (scheduled.state === 'running') return [];
    if (!isOpen(policy.window, policy.timeZone, now, occurrences)) return [];
    return dueRun(scheduled, now, occurrences) ?? [];
  });
}

/** When to look at a policy again, provided that nothing of it changes; null: never by itself. */
export function nextLookAt(
  scheduled: ScheduledPolicy,
  now: TimestampMs,
  occurrences: Occurrences,
): TimestampMs | null {
  const { policy } = inForce(scheduled);
  const { window, timeZone } = policy;
  const isHeldBack = dueRun(scheduled, now, occurrences) !== null;
  const next = isHeldBack
    ? now
    : nextOccurrence(schedulesOf(policy), timeZone, latest(now, since(scheduled)), occurrences);
  return next === null ? null : firstOpen(window, timeZone, next, occurrences);
}

function schedulesOf({ snapshots, image, replicas }: BackupPolicy): readonly Schedule[] {
  return [
    ...snapshots.schedules,
    ...(image.level === 'on' ? image.schedules : []),
    ...replicas.flatMap(({ schedules }) => schedules),
  ];
}

function dueRun(
  scheduled: ScheduledPolicy,
  now: TimestampMs,
  occurrences: Occurrences,
): DueRun | null {
  const { policy } = inForce(scheduled);
  const cadence = (schedulesIn: (version: BackupPolicy) => readonly Schedule[]) =>
    firstDue(scheduled, schedulesIn, now, occurrences);

  const snapshotsDue = cadence((version) => version.snapshots.schedules);
  const imageDue =
    policy.image.level === 'on'
      ? cadence(({ image }) => (image.level === 'on' ? image.schedules : []))
      : null;
  const replicasDue = policy.replicas.map(({ target, schedules }) => ({
    target,
    isWithEverySet: schedules.length === 0,
    due: cadence(
      ({ replicas }) => replicas.find((one) => isSameTarget(one.target, target))?.schedules ?? [],
    ),
  }));

  const due = [snapshotsDue, imageDue, ...replicasDue.map((one) => one.due)];
  const times = due.filter((at) => at !== null);
  if (times.length === 0) return null;
  const isImageLevel =
    policy.image.level === 'on' && (policy.image.schedules.length === 0 || imageDue !== null);
  return {
    policy,
    parts: {
      scope: isImageLevel ? 'image-level' : 'snapshot-only',
      replicas: replicasDue
        .filter((one) => one.isWithEverySet || one.due !== null)
        .map(({ target }) => target),
    },
    dueAt: Math.min(...times) as TimestampMs,
  };
}

/** The first time, by the schedules of the version of then, that no run has taken care of. */
function firstDue(
  scheduled: ScheduledPolicy,
  schedulesIn: (version: BackupPolicy) => readonly Schedule[],
  now: TimestampMs,
  occurrences: Occurrences,
): TimestampMs | null {
  const { versions } = scheduled;
  const { policy: current } = inForce(scheduled);
  const tolerated =
    current.missedRuns === 'skip' ? now - policyLimits.lateStartMaxMs : Number.NEGATIVE_INFINITY;
  for (const [index, { policy, setAt }] of versions.entries()) {
    const from = Math.max(setAt, scheduled.coveredUntil ?? 0, tolerated) as TimestampMs;
    const until = versions[index + 1]?.setAt ?? Infinity;
    const next = nextOccurrence(schedulesIn(policy), policy.timeZone, from, occurrences);
    if (next !== null && next <= now && next < until) return next;
  }
  return null;
}

function since(scheduled: ScheduledPolicy): TimestampMs {
  return latest(inForce(scheduled).setAt, scheduled.coveredUntil ?? (0 as TimestampMs));
}

function latest(a: TimestampMs, b: TimestampMs): TimestampMs {
  return Math.max(a, b) as TimestampMs;
}

function inForce({ versions }: ScheduledPolicy): PolicyVersion {
  const last = versions.at(-1);
  assert(last !== undefined, 'a scheduled policy has been set');
  return last;
}

/** Which policies run at all: those with a schedule. */
export function isScheduled(policy: BackupPolicy): boolean {
  return schedulesOf(policy).length > 0;
}
