import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { dueRuns } from '../../domain/policy/due-runs.ts';
import type { PolicyId } from '../../domain/identifiers.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HandedEvent, RecordedEvent, Revision } from '../../ports/event-store.ts';
import type { RunningPolicyRun } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
import { runOffersStream } from '../ledger/stream-names.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import { FailedLooks, failedPolicyLooksMax, isPassing, type LoopRequest } from './failed-looks.ts';
import { FollowedRuns } from './followed-runs.ts';
import type { PolicyRuns, RunSignals } from './policy-runs.ts';
import { readOffer, type WorkSharing } from './run-offers.ts';

const never = new AbortController().signal;

/** Offers that are remembered as told of: each is told of once, unless more than these cannot be read. */
const toldOffersMax = 1_000;

/** So long after the store was asked it has failed, if it is going to: its own tries are over by then. */
const handOutSettledMs = 5 * 60_000;

/**
 * Begins the runs that the store hands to this engine, if it hands anything out. What it is handed may
 * come twice, late or in any order: whether a run is due is looked up then, and whether it may be begun
 * is decided by the claim. A store that cannot hand anything out for a while is asked again; one that does
 * not let this engine be handed anything is told of as trouble, and the engine goes on without. Resolves
 * when it was aborted, or has nothing to wait for, and all runs that it began have ended.
 *
 * @throws what keeps it from beginning a run, when being handed it again does not help
 */
export async function runHandedPolicies(
  engine: EngineContext,
  policies: PolicyBook,
  runs: PolicyRuns,
  sharing: WorkSharing,
  { signal = never, cancelSignal = never, onRun, onTrouble, inTrouble }: LoopRequest,
): Promise<void> {
  const { clock, eventStore, limits } = engine;
  if (eventStore.handOut === undefined) return;
  const followed = new FollowedRuns(onRun);
  const failures = new FailedLooks({ failuresMax: failedPolicyLooksMax, onTrouble, inTrouble });
  const toldOf = new Set<Revision>();
  const tellOnce = ({ revision }: RecordedEvent, error: SnapledgerError): void => {
    if (toldOf.has(revision)) return;
    if (toldOf.size >= toldOffersMax) toldOf.clear();
    toldOf.add(revision);
    onTrouble?.(notRead(error));
  };
  const takeOffers = async (handed: AsyncIterable<HandedEvent>): Promise<void> => {
    for await (const { record, done } of handed) {
      failures.succeeded();
      const offer = readOffer(record);
      if (offer.kind === 'unreadable') {
        // Not done: an engine of the version that wrote it can read it.
        tellOnce(record, offer.error);
        continue;
      }
      const { data } = offer;
      // By a clock that is behind, here: not done, as it would be lost to those for whom it is due.
      if (data.dueAt > clock.now()) continue;
      try {
        const signals = { cancelSignal, stopSignal: signal };
        const run = await beginIfDue(engine, policies, runs, data.policyId, signals);
        if (run !== null) followed.follow(run);
      } catch (error) {
        // What cannot be read stops this policy alone; `runDuePolicies`, which looks at it too, tells of it.
        if (!isPassing(error) && !hasErrorCode(error, ...unreadableCodes)) throw error;
        // Not done: it is handed out again, to whoever can begin it then.
        continue;
      }
      // Only now: an engine that dies before its claim has not taken the run away from the others.
      await done();
    }
  };
  while (!signal.aborted && sharing.offers !== null) {
    const over = new AbortController();
    // One that waits for an offer is in no trouble: offers may be days apart.
    const settled = sleepUnless(clock, handOutSettledMs, over.signal).then((slept) => {
      if (slept) failures.succeeded();
    });
    try {
      await takeOffers(eventStore.handOut(runOffersStream, signal));
    } catch (error) {
      if (hasErrorCode(error, 'LEDGER_ACCESS_DENIED')) {
        sharing.offers = null;
        onTrouble?.(notHandedOut(error));
        break;
      }
      failures.failed(error);
    } finally {
      over.abort();
      await settled;
    }
    await sleepUnless(clock, limits.policyLookMaxMs, signal);
  }
  await followed.ended();
}

function notRead(error: SnapledgerError): SnapledgerError {
  const { code, message, remedy, details } = error;
  return new SnapledgerError(
    code,
    `an offer of a run cannot be read, and the run is begun by whoever looks next: ${message}`,
    { cause: error, details, ...(remedy === undefined ? {} : { remedy }) },
  );
}

function notHandedOut(error: SnapledgerError): SnapledgerError {
  const { code, message, details } = error;
  return new SnapledgerError(
    code,
    `runs are not handed out to this engine, which begins those that are due itself: ${message}`,
    {
      cause: error,
      details,
      remedy:
        'Let the user of this engine read from the persistent subscription, or make it with a user who may (docs/kurrentdb.md); then start this engine again.',
    },
  );
}

/** False when it was aborted. */
async function sleepUnless(
  clock: Clock,
  durationMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await clock.sleep(durationMs, signal);
    return true;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  }
}

/** @throws UNKNOWN_EVENT, LEDGER_CORRUPT when the policy, or what is recorded of its runs, cannot be read */
async function beginIfDue(
  engine: EngineContext,
  policies: PolicyBook,
  runs: PolicyRuns,
  policyId: PolicyId,
  signals: RunSignals,
): Promise<RunningPolicyRun | null> {
  const { booked, unreadable } = await policies.read();
  const unread = unreadable.find((one) => one.policyId === policyId);
  if (unread !== undefined) throw unread.error;
  const found = booked.find(({ policy }) => policy.policyId === policyId);
  if (found === undefined) return null;
  const schedule = await runs.scheduleOf(policyId);
  const { claim, coveredUntil } = schedule.state;
  const state = claim === null ? 'idle' : 'running';
  const now = engine.clock.now();
  const scheduled = { versions: found.versions, coveredUntil, state } as const;
  const [due] = dueRuns([scheduled], now, engine.occurrences);
  return due === undefined ? null : runs.startDue(schedule, due, now, signals);
}
