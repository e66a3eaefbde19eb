import { isSnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { PolicyId, TimestampMs } from '../../domain/identifiers.ts';
import {
  type DueRun,
  dueRuns,
  isScheduled,
  nextLookAt,
  type ScheduledPolicy,
} from '../../domain/policy/due-runs.ts';
import type { ScheduleState } from '../../domain/policy-run/schedule-state.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Loaded } from '../ledger/ledger.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import { FailedLooks, failedPolicyLooksMax, isPassing, type LoopRequest } from './failed-looks.ts';
import { FollowedRuns } from './followed-runs.ts';
import { policiesWithOpenRun } from './policies-with-open-run.ts';
import type { PolicyRuns } from './policy-runs.ts';
import type { RunOffers, WorkSharing } from './run-offers.ts';
import { UnreadablePolicies } from './unreadable-policies.ts';

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
 * the next look. Policies that cannot be read are told of, and stop no other; their interrupted runs stay
 * as they are. Once aborted, runs that only wait for a retry are left as they are, for the next engine to go
 * on with.
 *
 * @throws what keeps it from looking, when looking again does not help; `none-due`: at once, and in the end
 *   (UNKNOWN_EVENT, LEDGER_CORRUPT) when a policy cannot be read
 */
export async function runDuePolicies(
  engine: EngineContext,
  catalogue: Catalogue,
  policies: PolicyBook,
  runs: PolicyRuns,
  sharing: WorkSharing,
  { until, signal = never, cancelSignal = never, onRun, onTrouble, inTrouble }: LoopRequest,
): Promise<void> {
  const followed = new FollowedRuns(onRun);
  const unreadable = new UnreadablePolicies();
  const resume = async (policyId: PolicyId): Promise<void> => {
    const resumed = await runs.resume(policyId, { cancelSignal, stopSignal: signal });
    if (resumed !== null) followed.follow(resumed);
  };
  const withOpenRun = async (): Promise<readonly PolicyId[]> => {
    try {
      return await policiesWithOpenRun(catalogue);
    } catch (error) {
      // Damage anywhere in the ledger stops none of what is due.
      if (!isSnapledgerError(error) || isPassing(error)) throw error;
      unreadable.addLeftRuns(error);
      return [];
    }
  };
  const look = async (now: TimestampMs): Promise<Look> => {
    const looked: LookedAt[] = [];
    unreadable.beginLook();
    const read = await policies.read();
    for (const { policyId, error } of read.unreadable) unreadable.add(policyId, error);
    for (const { policy, versions } of read.booked) {
      await unreadable.apart(policy.policyId, async () => {
        await resume(policy.policyId);
        if (!isScheduled(policy)) return;
        const schedule = await runs.scheduleOf(policy.policyId);
        const { claim, coveredUntil } = schedule.state;
        const state = claim === null ? 'idle' : 'running';
        looked.push({ versions, coveredUntil, state, schedule });
      });
    }
    const others = new Set([
      ...read.booked.map(({ policy }) => policy.policyId),
      // The sessions of a run go by the policy as it was when it began, and could remove what is to stay.
      ...read.unreadable.map(({ policyId }) => policyId),
    ]);
    for (const policyId of await withOpenRun()) {
      if (!others.has(policyId)) await unreadable.apart(policyId, () => resume(policyId));
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
      const signals = { cancelSignal, stopSignal: signal };
      const run = await runs.startDue(one.schedule, due, now, signals);
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
      if (until === 'aborted') unreadable.endLook(onTrouble);
    } catch (error) {
      failures.failed(error);
    }
    if (until === 'none-due') break;
    // After a look that failed there is nothing to wake for but the limit and what is under way.
    await sleepUntilNext(engine, looked, now, signal, followed.wakers);
  }
  await followed.ended();
  if (until === 'none-due') unreadable.throwFound(onTrouble);
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
