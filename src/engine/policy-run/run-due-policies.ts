import type { TimestampMs } from '../../domain/identifiers.ts';
import {
  dueRuns,
  isScheduled,
  nextLookAt,
  type ScheduledPolicy,
} from '../../domain/policy/due-runs.ts';
import type { ScheduleState } from '../../domain/policy-run/schedule-state.ts';
import type { RunningPolicyRun, RunPoliciesRequest } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Loaded } from '../ledger/ledger.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import type { PolicyRuns } from './policy-runs.ts';

const never = new AbortController().signal;

interface LookedAt extends ScheduledPolicy {
  readonly schedule: Loaded<ScheduleState>;
}

/**
 * Goes on with interrupted runs, begins those that are due, and looks again when the next may be.
 * Resolves when it was aborted (or, `once`, at once) and all runs that it began have ended; a run
 * that cannot come to its end is somebody's who follows it, and stops no other.
 */
export async function runDuePolicies(
  engine: EngineContext,
  policies: PolicyBook,
  runs: PolicyRuns,
  { until, signal = never, cancelSignal = never, onRun }: RunPoliciesRequest,
): Promise<void> {
  const underWay = new Set<Promise<unknown>>();
  const follow = (run: RunningPolicyRun): void => {
    const over = run.ended.then(
      () => undefined,
      () => undefined,
    );
    underWay.add(over);
    void over.then(() => underWay.delete(over));
    onRun?.(run);
  };
  while (!signal.aborted) {
    const now = engine.clock.now();
    const looked: LookedAt[] = [];
    for (const { policy, versions } of await policies.booked()) {
      const resumed = await runs.resume(policy.policyId, cancelSignal);
      if (resumed !== null) follow(resumed);
      if (!isScheduled(policy)) continue;
      const schedule = await runs.scheduleOf(policy.policyId);
      const { claim, coveredUntil } = schedule.state;
      const state = claim === null ? 'idle' : 'running';
      looked.push({ versions, coveredUntil, state, schedule });
    }
    for (const one of looked) {
      const [due] = dueRuns([one], now, engine.occurrences);
      if (due === undefined || isAborted(signal)) continue;
      const run = await runs.startDue(one.schedule, due, now, cancelSignal);
      if (run !== null) follow(run);
    }
    if (until === 'none-due') break;
    await sleepUntilNext(engine, looked, now, signal, underWay);
  }
  await Promise.all(underWay);
}

/** Asked anew: it may have been aborted since the compiler saw it last. */
function isAborted({ aborted }: AbortSignal): boolean {
  return aborted;
}

/** No longer than the limit: policies are changed, and engines die, without a word to this one. */
async function sleepUntilNext(
  { clock, occurrences, limits }: EngineContext,
  policies: readonly ScheduledPolicy[],
  now: TimestampMs,
  signal: AbortSignal,
  underWay: ReadonlySet<Promise<unknown>>,
): Promise<void> {
  const looks = policies
    .filter(({ state }) => state === 'idle')
    .map((one) => nextLookAt(one, now, occurrences) ?? Infinity)
    // What is due now has just been begun, here or elsewhere.
    .filter((at) => at > now);
  const at = Math.min(now + limits.policyLookMaxMs, ...looks);
  const woken = new AbortController();
  const either = AbortSignal.any([signal, woken.signal]);
  try {
    await Promise.race([clock.sleep(Math.max(0, at - clock.now()), either), ...underWay]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    woken.abort();
  }
}
