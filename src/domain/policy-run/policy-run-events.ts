import type { Problem } from '../backup-session/backup-events.ts';
import type { InstanceId, SessionId, TimestampMs } from '../identifiers.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import type { ResolvedInstances } from '../policy/resolve-instances.ts';
import type { RunParts } from '../policy/run-parts.ts';

/** An event of one run of a policy. Stream `session-<id>`; docs/events.md explains each. */
interface Event<Type extends string, Data> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/** Why a run began. */
export type RunTrigger =
  /** `dueAt`: the first time of the schedules that no earlier run took care of. */
  { readonly kind: 'schedule'; readonly dueAt: TimestampMs } | { readonly kind: 'on-demand' };

/** One session of one instance, as a part of a run. */
export interface InstanceAttempt {
  readonly instanceId: InstanceId;
  /** From 1. */
  readonly attempt: number;
  readonly instanceSessionId: SessionId;
}

export type AttemptStatus = 'succeeded' | 'warning' | 'failed' | 'cancelled';

export type PolicyRunStarted = Event<
  'PolicyRunStarted',
  {
    kind: 'policy-run';
    sessionId: SessionId;
    /** The policy as it was when the run began. */
    policy: BackupPolicy;
    trigger: RunTrigger;
    parts: RunParts;
    startedAt: TimestampMs;
  }
>;
export type InstancesResolved = Event<'InstancesResolved', ResolvedInstances>;
/** The intent: the session of this id may exist from here on. */
export type InstanceSessionStarted = Event<'InstanceSessionStarted', InstanceAttempt>;
export type InstanceSessionEnded = Event<
  'InstanceSessionEnded',
  InstanceAttempt & {
    status: AttemptStatus;
    /** What went wrong; null when it succeeded. */
    problem: Problem | null;
  }
>;
/** The failed instances are tried once more, not before `notBefore`. */
export type RetryScheduled = Event<
  'RetryScheduled',
  { attempt: number; instanceIds: readonly InstanceId[]; notBefore: TimestampMs }
>;
/** The window has closed: these instances are not started any more by this run. */
export type StartsForgone = Event<'StartsForgone', { instanceIds: readonly InstanceId[] }>;
export type RunCancellationRequested = Event<'RunCancellationRequested', { reason: string }>;
export type PolicyRunCompleted = Event<
  'PolicyRunCompleted',
  { outcome: 'succeeded' | 'warning'; warnings: readonly Problem[]; endedAt: TimestampMs }
>;
export type PolicyRunFailed = Event<'PolicyRunFailed', { problem: Problem; endedAt: TimestampMs }>;
export type PolicyRunCancelled = Event<
  'PolicyRunCancelled',
  { reason: string; endedAt: TimestampMs }
>;

export type PolicyRunEvent =
  | PolicyRunStarted
  | InstancesResolved
  | InstanceSessionStarted
  | InstanceSessionEnded
  | RetryScheduled
  | StartsForgone
  | RunCancellationRequested
  | PolicyRunCompleted
  | PolicyRunFailed
  | PolicyRunCancelled;
