import type { TimestampMs } from '../../domain/identifiers.ts';
import {
  type DueRun,
  dueRuns,
  isScheduled,
  nextLookAt,
  type ScheduledPolicy,
} from '../../domain/policy/due-runs.ts';
import type { ScheduleState } from '../../domain/policy-run/schedule-state.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Loaded } from '../ledger/ledger.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import { FailedLooks, failedPolicyLooksMax, type LoopRequest } from './failed-looks.ts';
import { FollowedRuns } from './followed-runs.ts';
import type { PolicyRuns } from './policy-runs.ts';
import type { RunOffers, WorkSharing } from './run-offers.ts';

const never = new AbortController().signal;

/** What one look found. */
interface Look {
  readonly policies: readonly LookedAt[];
  /** When runs that were put up will have waited long enough for another engine. */
  readonly offersOverAt: readonly number[];
}

interface LookedAt extends ScheduledPolicy {
  readonly schedule: Loaded<ScheduleState>;
}

/**
 * Goes on with interrupted runs, begins those that are due, and looks again when the next may be.
 * Resolves when it was aborted (or, `once`, at once) and all runs that it began have ended; a run
 * that cannot come to its end is somebody's who follows it, and stops no other. It is gone on with at
 * the next look.
 *
 * @throws what keeps it from looking, when looking again does not help; `none-due`: at once
 */
export async function runDuePolicies(
  engine: EngineContext,
  policies: PolicyBook,
  runs: PolicyRuns,
  sharing: WorkSharing,
  { until, signal = never, cancelSignal = never, onRun, onTrouble, inTrouble }: LoopRequest,
): Promise<void> {
  const followed = new FollowedRuns(onRun);
  const look = async (now: TimestampMs): Promise<Look> => {
    const looked: LookedAt[] = [];
    for (const { policy, versions } of await policies.booked()) {
      const resumed = await runs.resume(policy.policyId, cancelSignal);
      if (resumed !== null) followed.follow(resumed);
      if (!isScheduled(policy)) continue;
      const schedule = await runs.scheduleOf(policy.policyId);
      const { claim, coveredUntil } = schedule.state;
      const state = claim === null ? 'idle' : 'running';
      looked.push({ versions, coveredUntil, state, schedule });
    }
    const offersOverAt: number[] = [];
    for (const one of looked) {
      const [due] = dueRuns([one], now, engine.occurrences);
      if (due === undefined || signal.aborted) continue;
      const { offers } = sharing;
      const overAt = offers === null ? 0 : await offerOverAt(engine, offers, due);
      if (overAt > engine.clock.now()) {
        offersOverAt.push(overAt);
        continue;
      }
      // Putting it up may have taken a while.
      if (isAborted(signal)) break;
      const run = await runs.startDue(one.schedule, due, now, cancelSignal);
      if (run !== null) followed.follow(run);
    }
    return { policies: looked, offersOverAt };
  };
  const failuresMax = until === 'none-due' ? 0 : failedPolicyLooksMax;
  const failures = new FailedLooks({ failuresMax, onTrouble, inTrouble });
  while (!signal.aborted) {
    const now = engine.clock.now();
    let looked: Look = { policies: [], offersOverAt: [] };
    try {
      looked = await look(now);
      failures.succeeded();
    } catch (error) {
      failures.failed(error);
    }
    if (until === 'none-due') break;
    // After a look that failed there is nothing to wake for but the limit and what is under way.
    await sleepUntilNext(engine, looked, now, signal, followed.wakers);
  }
  await followed.ended();
}

/** When nobody will have taken it for long enough: then nothing is being handed out, or to nobody. */
async function offerOverAt(
  { limits }: EngineContext,
  offers: RunOffers,
  { policy, dueAt }: DueRun,
): Promise<number> {
  return (await offers.offer(policy.policyId, dueAt)) + limits.offerMaxMs;
}

/** Asked anew: it changes while the loop waits, which the compiler cannot know. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** No longer than the limit: policies are changed, and engines die, without a word to this one. */
async function sleepUntilNext(
  { clock, occurrences, limits }: EngineContext,
  { policies, offersOverAt }: Look,
  now: TimestampMs,
  signal: AbortSignal,
  wakers: ReadonlySet<Promise<unknown>>,
): Promise<void> {
  const looks = policies
    .filter(({ state }) => state === 'idle')
    .map((one) => nextLookAt(one, now, occurrences) ?? Infinity)
    // What is due now has just been begun, here or elsewhere, or put up.
    .filter((at) => at > now);
  const at = Math.min(now + limits.policyLookMaxMs, ...looks, ...offersOverAt);
  const woken = new AbortController();
  const either = AbortSignal.any([signal, woken.signal]);
  try {
    await Promise.race([clock.sleep(Math.max(0, at - clock.now()), either), ...wakers]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    woken.abort();
  }
}
