import { counted } from '../domain/errors/counted.ts';
import { hasErrorCode } from '../domain/errors/snapledger-error.ts';
import { createWorkerMailbox, type WorkerMailbox } from '../mailbox/worker-mailbox.ts';
import type { WorkerOutcome } from '../mailbox/worker-outcome.ts';
import { isMailboxClosed, keepBeating } from './keep-beating.ts';
import { performJob } from './perform-job.ts';
import { letGo } from './prepare-transfer.ts';
import { describeError, failureOf } from './worker-errors.ts';
import { workerLimits } from './worker-limits.ts';
import type { WorkerWorld } from './worker-world.ts';

/** How a worker ended. */
export type WorkerEnd =
  /** The engine can read the outcome, good or bad. */
  | { readonly kind: 'reported'; readonly outcome: WorkerOutcome }
  /** The engine closed the mailbox: nobody waits for an outcome. */
  | { readonly kind: 'closed' }
  /** Nothing was reported; the engine will miss the heartbeats. */
  | { readonly kind: 'unreported'; readonly error: unknown };

/**
 * The life of a worker: says hello, waits for its job, does it, reports how it went; beats all the
 * while. Never rejects.
 */
export async function runWorker(world: WorkerWorld): Promise<WorkerEnd> {
  const { userData, log } = world;
  log(`worker of session ${userData.sessionId}, attempt ${userData.attempt}`);
  const end = await liveAndReport(world);
  switch (end.kind) {
    case 'reported':
      log(`reported: ${end.outcome.outcome}`);
      break;
    case 'closed':
      log('the engine has closed the mailbox; nothing is reported');
      break;
    case 'unreported':
      log(`nothing could be reported: ${describeError(end.error)}`);
      break;
  }
  return end;
}

async function liveAndReport(world: WorkerWorld): Promise<WorkerEnd> {
  const { userData, objectStore, clock, random, log } = world;
  const { sessionId, attempt, workerSecret } = userData;
  const { pollIntervalMs, beatIntervalMs } = userData.limits;
  try {
    const mailbox = createWorkerMailbox({
      sessionId,
      attempt,
      workerSecret,
      pollIntervalMs,
      objectStore,
      clock,
      random,
    });
    await mailbox.sayHello();
    log('said hello');

    const stopping = new AbortController();
    const workOver = new AbortController();
    const beating = keepBeating({
      mailbox,
      clock,
      beatIntervalMs,
      log,
      signal: workOver.signal,
      stopWork: (reason) => {
        stopping.abort(reason);
      },
    });
    const work = await doWork(world, mailbox, AbortSignal.any([world.signal, stopping.signal]));
    workOver.abort();
    await beating;

    if (isMailboxClosed(stopping.signal.reason)) return { kind: 'closed' };
    if (work.kind === 'jobless') {
      await mailbox.withdraw();
      return { kind: 'unreported', error: work.error };
    }
    const state = await mailbox.postDone(work.outcome);
    return state === 'open' ? { kind: 'reported', outcome: work.outcome } : { kind: 'closed' };
  } catch (error) {
    return { kind: 'unreported', error };
  } finally {
    await letGo(world.preparing, log);
  }
}

type Work =
  | { readonly kind: 'ended'; readonly outcome: WorkerOutcome }
  | { readonly kind: 'jobless'; readonly error: unknown };

async function doWork(
  world: WorkerWorld,
  mailbox: WorkerMailbox,
  signal: AbortSignal,
): Promise<Work> {
  let stage: 'waiting' | 'working' = 'waiting';
  try {
    const job = await mailbox.awaitJob(signal, workerLimits.jobTimeoutMs);
    stage = 'working';
    world.log(`received a job: ${counted(job.volumes.length, 'volume')}`);
    await performJob(world, await world.preparing, job, signal);
    return { kind: 'ended', outcome: { outcome: 'succeeded' } };
  } catch (caught) {
    // Whatever an abort made the work fail with, why it was aborted is what matters.
    const error: unknown = signal.aborted ? signal.reason : caught;
    world.log(`failed: ${describeError(error)}`);
    if (stage === 'waiting' && hasErrorCode(error, 'TIMED_OUT')) return { kind: 'jobless', error };
    return { kind: 'ended', outcome: failureOf(error) };
  }
}
