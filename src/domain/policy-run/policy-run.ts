import type { Problem } from '../backup-session/backup-events.ts';
import { assert } from '../errors/assert.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { InstanceId, SessionId, TimestampMs } from '../identifiers.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import type { SkippedInstance } from '../policy/resolve-instances.ts';
import type { RunParts } from '../policy/run-parts.ts';
import type {
  AttemptStatus,
  InstanceAttempt,
  PolicyRunEvent,
  RunTrigger,
} from './policy-run-events.ts';

/** The state of a policy's run: a fold over its events. */
export type PolicyRun = { readonly status: 'not-started' } | StartedPolicyRun;

export interface AttemptOutcome {
  readonly status: AttemptStatus;
  readonly problem: Problem | null;
}

export interface StartedPolicyRun {
  readonly kind: 'policy-run';
  readonly status: 'running' | 'succeeded' | 'warning' | 'failed' | 'cancelled';
  readonly sessionId: SessionId;
  readonly policy: BackupPolicy;
  readonly trigger: RunTrigger;
  readonly parts: RunParts;
  readonly startedAt: TimestampMs;
  readonly endedAt: TimestampMs | null;
  readonly isResolved: boolean;
  readonly skipped: readonly SkippedInstance[];
  /** From 1. */
  readonly attempt: number;
  /** Of this attempt, in order: those whose session is still to be started. */
  readonly waiting: readonly InstanceId[];
  /** Sessions that were begun and have not ended. */
  readonly open: readonly InstanceAttempt[];
  /** How the last session of each instance ended. */
  readonly outcomes: ReadonlyMap<InstanceId, AttemptOutcome>;
  /** Of the retry at hand. */
  readonly notBefore: TimestampMs | null;
  /** Instances that were not started because the window had closed. */
  readonly forgone: readonly InstanceId[];
  readonly cancellation: string | null;
  readonly warnings: readonly Problem[];
  readonly problem: Problem | null;
}

export const initialPolicyRun: PolicyRun = { status: 'not-started' };

/** The state after one more event. */
export function evolvePolicyRun(state: PolicyRun, event: PolicyRunEvent): PolicyRun {
  if (event.type === 'PolicyRunStarted') {
    return {
      ...event.data,
      status: 'running',
      endedAt: null,
      isResolved: false,
      skipped: [],
      attempt: 1,
      waiting: [],
      open: [],
      outcomes: new Map(),
      notBefore: null,
      forgone: [],
      cancellation: null,
      warnings: [],
      problem: null,
    };
  }
  assert(state.status !== 'not-started', 'a run begins with PolicyRunStarted');
  switch (event.type) {
    case 'InstancesResolved': {
      const { instances, skipped } = event.data;
      return { ...state, isResolved: true, waiting: instances, skipped };
    }
    case 'InstanceSessionStarted': {
      const { instanceId } = event.data;
      return {
        ...state,
        waiting: state.waiting.filter((id) => id !== instanceId),
        open: [...state.open, event.data],
      };
    }
    case 'InstanceSessionEnded': {
      const { instanceId, instanceSessionId, status, problem } = event.data;
      return {
        ...state,
        open: state.open.filter((one) => one.instanceSessionId !== instanceSessionId),
        outcomes: new Map(state.outcomes).set(instanceId, { status, problem }),
      };
    }
    case 'RetryScheduled': {
      const { attempt, instanceIds, notBefore } = event.data;
      return { ...state, attempt, waiting: instanceIds, notBefore };
    }
    case 'StartsForgone':
      return { ...state, waiting: [], forgone: event.data.instanceIds };
    case 'RunCancellationRequested':
      return { ...state, cancellation: event.data.reason, waiting: [] };
    case 'PolicyRunCompleted': {
      const { outcome, warnings, endedAt } = event.data;
      return { ...state, status: outcome, warnings, endedAt };
    }
    case 'PolicyRunFailed':
      return { ...state, status: 'failed', ...event.data };
    case 'PolicyRunCancelled': {
      const problem = { code: 'CANCELLED', message: event.data.reason };
      return { ...state, status: 'cancelled', endedAt: event.data.endedAt, problem };
    }
    default:
      return unreachable(event);
  }
}

/** Instances whose last session failed, in the order of their ids. */
export function failedInstances({ outcomes }: StartedPolicyRun): readonly InstanceId[] {
  return [...outcomes]
    .filter(([, { status }]) => status === 'failed')
    .map(([instanceId]) => instanceId)
    .toSorted();
}
