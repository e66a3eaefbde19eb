import { assert } from '../../domain/errors/assert.ts';
import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import { nextLookAt } from '../../domain/policy/due-runs.ts';
import type { PolicyDescription } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
import type { BookedPolicy } from '../policy/policy-book.ts';
import type { PolicyRuns } from './policy-runs.ts';

/** A policy with its runs, and when it runs next. */
export async function describePolicy(
  { clock, occurrences }: EngineContext,
  runs: PolicyRuns,
  { policy, version, versions }: BookedPolicy,
): Promise<PolicyDescription> {
  const last = versions.at(-1);
  assert(last !== undefined, 'a policy in force was set');
  const described = { policy, version, setAt: last.setAt };
  try {
    const { claim, lastRunId, coveredUntil } = (await runs.scheduleOf(policy.policyId)).state;
    const state = claim === null ? 'idle' : 'running';
    const nextRunAt = nextLookAt({ versions, coveredUntil, state }, clock.now(), occurrences);
    return { ...described, lastRunId, state, error: null, nextRunAt };
  } catch (error) {
    // Of one policy: lists go on with the others.
    if (!hasErrorCode(error, ...unreadableCodes)) throw error;
    return { ...described, lastRunId: null, state: 'unreadable', error, nextRunAt: null };
  }
}
