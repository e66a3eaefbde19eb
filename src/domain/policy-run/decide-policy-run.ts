import type { Problem } from '../backup-session/backup-events.ts';
import { assert } from '../errors/assert.ts';
import { SnapledgerError } from '../errors/snapledger-error.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { SessionId, TimestampMs } from '../identifiers.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import type { ResolvedInstances } from '../policy/resolve-instances.ts';
import type { RunParts } from '../policy/run-parts.ts';
import { failedInstances, type PolicyRun, type StartedPolicyRun } from './policy-run.ts';
import type { AttemptStatus, PolicyRunEvent, RunTrigger } from './policy-run-events.ts';
import { nextPolicyRunStep, type PolicyRunStep } from './policy-run-step.ts';

/** What the engine tells a run: an order, or the outcome of a step. */
export type PolicyRunCommand =
  | {
      readonly type: 'StartRun';
      readonly sessionId: SessionId;
      readonly policy: BackupPolicy;
      readonly trigger: RunTrigger;
      readonly parts: RunParts;
      readonly now: TimestampMs;
    }
  | { readonly type: 'RecordInstances'; readonly resolved: ResolvedInstances }
  | { readonly type: 'StartInstanceSession'; readonly instanceSessionId: SessionId }
  | {
      readonly type: 'RecordInstanceSessionEnd';
      readonly instanceSessionId: SessionId;
      readonly status: AttemptStatus;
      readonly problem: Problem | null;
    }
  | { readonly type: 'ScheduleRetry'; readonly now: TimestampMs }
  /** The window is closed although something is to be started. */
  | { readonly type: 'ForgoStarts' }
  | { readonly type: 'CancelRun'; readonly reason: string }
  | { readonly type: 'EndRun'; readonly now: TimestampMs };

/** Instances that a message names; the events of the run list all. */
const namedMax = 5;

/**
 * What happens when a run is told something: the events, or a refusal.
 *
 * @throws ILLEGAL_TRANSITION when the run is not at the step whose outcome this is
 */
export function decidePolicyRun(
  command: PolicyRunCommand,
  state: PolicyRun,
): readonly PolicyRunEvent[] {
  if (command.type === 'StartRun') {
    if (state.status !== 'not-started') throw illegal(command, 'it has been started before');
    const { sessionId, policy, trigger, parts, now } = command;
    const data = { kind: 'policy-run', sessionId, policy, trigger, parts, startedAt: now } as const;
    return [{ type: 'PolicyRunStarted', data }];
  }
  if (state.status === 'not-started') throw illegal(command, 'it has not been started');
  const step = nextPolicyRunStep(state);
  switch (command.type) {
    case 'RecordInstances':
      expectStep(command, step, 'resolve-instances');
      return [{ type: 'InstancesResolved', data: command.resolved }];
    case 'StartInstanceSession': {
      const { instanceId, attempt } = expectStep(command, step, 'start-session');
      const { instanceSessionId } = command;
      return [{ type: 'InstanceSessionStarted', data: { instanceId, attempt, instanceSessionId } }];
    }
    case 'RecordInstanceSessionEnd': {
      const { instanceSessionId, status, problem } = command;
      const one = state.open.find((open) => open.instanceSessionId === instanceSessionId);
      if (one === undefined) throw illegal(command, `it has no open session ${instanceSessionId}`);
      assert((status === 'succeeded') === (problem === null), 'what went wrong has a reason');
      return [{ type: 'InstanceSessionEnded', data: { ...one, status, problem } }];
    }
    case 'ScheduleRetry': {
      const { instanceIds } = expectStep(command, step, 'schedule-retry');
      const waitMs = state.policy.retry.waitMinutes * 60_000;
      const notBefore = (command.now + waitMs) as TimestampMs;
      const attempt = state.attempt + 1;
      return [{ type: 'RetryScheduled', data: { attempt, instanceIds, notBefore } }];
    }
    case 'ForgoStarts':
      expectStep(command, step, 'start-session');
      return [{ type: 'StartsForgone', data: { instanceIds: state.waiting } }];
    case 'CancelRun':
      if (state.status !== 'running' || state.cancellation !== null) return [];
      return [{ type: 'RunCancellationRequested', data: { reason: command.reason } }];
    case 'EndRun':
      expectStep(command, step, 'end-run');
      return [ended(state, command.now)];
    default:
      return unreachable(command);
  }
}

function ended(state: StartedPolicyRun, endedAt: TimestampMs): PolicyRunEvent {
  const { cancellation, policy } = state;
  if (cancellation !== null) {
    return { type: 'PolicyRunCancelled', data: { reason: cancellation, endedAt } };
  }
  const failed = failedInstances(state);
  if (failed.length > 0) {
    const message = `${failed.length} of ${state.outcomes.size} instances of policy '${policy.policyId}' failed: ${listed(failed)}`;
    const problem = { code: 'INSTANCES_FAILED', message };
    return { type: 'PolicyRunFailed', data: { problem, endedAt } };
  }
  const warnings = warningsOf(state);
  const outcome = warnings.length > 0 ? 'warning' : 'succeeded';
  return { type: 'PolicyRunCompleted', data: { outcome, warnings, endedAt } };
}

function warningsOf(state: StartedPolicyRun): readonly Problem[] {
  const { policy, skipped, forgone, outcomes } = state;
  const warnings: Problem[] = [];
  const missing = skipped
    .filter(({ reason }) => reason.kind === 'not-found')
    .map(({ instanceId }) => instanceId);
  if (missing.length > 0) {
    const message = `policy '${policy.policyId}' names instances that are not there: ${listed(missing)}`;
    warnings.push({ code: 'UNKNOWN_INSTANCE', message });
  }
  const unreadable = skipped.flatMap(({ instanceId, reason }) =>
    reason.kind === 'unreadable' ? [{ instanceId, ...reason }] : [],
  );
  const [first] = unreadable;
  if (first !== undefined) {
    const ids = listed(unreadable.map(({ instanceId }) => instanceId));
    const { code, message: why } = first.problem;
    const message = `instances that policy '${policy.policyId}' may be for cannot be read, and are left as they are: ${ids}; ${why}`;
    warnings.push({ code, message });
  }
  if (outcomes.size === 0 && forgone.length === 0) {
    const message = `policy '${policy.policyId}' has no instance to back up`;
    warnings.push({ code: 'NOTHING_SELECTED', message });
  }
  if (forgone.length > 0) {
    const message = `the window of policy '${policy.policyId}' closed before all were started: ${listed(forgone)}`;
    warnings.push({ code: 'WINDOW_CLOSED', message });
  }
  const unwell = [...outcomes]
    .filter(([, { status }]) => status !== 'succeeded')
    .map(([instanceId]) => instanceId)
    .toSorted();
  if (unwell.length > 0) {
    const message = `sessions of policy '${policy.policyId}' ended with warnings or were cancelled: ${listed(unwell)}`;
    warnings.push({ code: 'INSTANCES_WITH_WARNINGS', message });
  }
  return warnings;
}

function listed(ids: readonly string[]): string {
  const more = ids.length - namedMax;
  return `${ids.slice(0, namedMax).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function expectStep<Kind extends PolicyRunStep['kind']>(
  command: PolicyRunCommand,
  step: PolicyRunStep,
  kind: Kind,
): Extract<PolicyRunStep, { readonly kind: Kind }> {
  if (!isKind(step, kind)) throw illegal(command, `its next step is '${step.kind}'`);
  return step;
}

function isKind<Kind extends PolicyRunStep['kind']>(
  step: PolicyRunStep,
  kind: Kind,
): step is Extract<PolicyRunStep, { readonly kind: Kind }> {
  return step.kind === kind;
}

function illegal(command: PolicyRunCommand, why: string): SnapledgerError {
  return new SnapledgerError('ILLEGAL_TRANSITION', `the run cannot take '${command.type}': ${why}`);
}
