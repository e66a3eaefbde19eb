import { assert } from '../../domain/errors/assert.ts';
import { nextLookAt } from '../../domain/policy/due-runs.ts';
import type { PolicyDescription } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { BookedPolicy } from '../policy/policy-book.ts';
import type { PolicyRuns } from './policy-runs.ts';

/** A policy with its runs, and when it runs next. */
export async function describePolicy(
  { clock, occurrences }: EngineContext,
  runs: PolicyRuns,
  { policy, version, versions }: BookedPolicy,
): Promise<PolicyDescription> {
  const { state: schedule } = await runs.scheduleOf(policy.policyId);
  const { claim, lastRunId, coveredUntil } = schedule;
  const state = claim === null ? 'idle' : 'running';
  const last = versions.at(-1);
  assert(last !== undefined, 'a policy in force was set');
  const scheduled = { versions, coveredUntil, state } as const;
  const nextRunAt = nextLookAt(scheduled, clock.now(), occurrences);
  return { policy, version, setAt: last.setAt, lastRunId, state, nextRunAt };
}
