import type { InstanceId, TimestampMs } from '../identifiers.ts';
import type { InstanceAttempt } from './policy-run-events.ts';
import { failedInstances, type PolicyRun } from './policy-run.ts';

/** What is to be done next for a run. */
export type PolicyRunStep =
  | { readonly kind: 'resolve-instances' }
  | {
      readonly kind: 'start-session';
      readonly instanceId: InstanceId;
      readonly attempt: number;
      /** Null: at once. */
      readonly notBefore: TimestampMs | null;
    }
  /** Until one of them has ended. */
  | { readonly kind: 'await-sessions'; readonly open: readonly InstanceAttempt[] }
  | { readonly kind: 'schedule-retry'; readonly instanceIds: readonly InstanceId[] }
  | { readonly kind: 'end-run' }
  | { readonly kind: 'nothing' };

/** Sessions of one run that are under way at once; the rest wait for their turn. */
const openSessionsMax = 4;

/** The one thing to do next; pure, so that any engine can go on with a run. */
export function nextPolicyRunStep(run: PolicyRun): PolicyRunStep {
  if (run.status !== 'running') return { kind: 'nothing' };
  const { open, waiting, attempt, notBefore, policy } = run;
  const isCancelled = run.cancellation !== null;
  if (!run.isResolved && !isCancelled) return { kind: 'resolve-instances' };
  const [instanceId] = waiting;
  if (instanceId !== undefined && open.length < openSessionsMax) {
    return { kind: 'start-session', instanceId, attempt, notBefore };
  }
  if (open.length > 0) return { kind: 'await-sessions', open };
  const failed = failedInstances(run);
  const mayRetry = !isCancelled && run.forgone.length === 0 && attempt < policy.retry.attemptsMax;
  if (failed.length > 0 && mayRetry) return { kind: 'schedule-retry', instanceIds: failed };
  return { kind: 'end-run' };
}
