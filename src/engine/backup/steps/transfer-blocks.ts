import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { WorkerId } from '../../../domain/identifiers.ts';
import type { WorkerOutcome } from '../../../mailbox/worker-outcome.ts';
import { problemOf } from '../../problem-of.ts';
import { openMailbox } from '../open-mailbox.ts';
import type { StepContext } from '../step-context.ts';
import { postTransferJob } from '../transfer-job.ts';
import { readTransferProgress } from '../transfer-progress.ts';
import { workerLost } from '../worker-lost.ts';
import type { WatchedWorker } from '../worker-watch.ts';

/**
 * Watches the worker until there is something to record: progress of a volume, or the loss of the
 * worker. Asked again, it goes on where it was.
 *
 * @throws what the worker could not do and no other worker could either
 */
export async function transferBlocks(
  context: StepContext,
  attempt: number,
  workerId: WorkerId,
): Promise<BackupCommand> {
  const watched = await watchedWorker(context, attempt);
  for (;;) {
    context.signal.throwIfAborted();
    // Read before the segments: what the worker posted before it ended is then seen.
    const outcome = await outcomeOf(watched);
    const progress = await readTransferProgress(
      context,
      watched,
      outcome === null ? 'some' : 'all',
    );
    if (progress !== null) return { type: 'RecordTransfer', progress };

    const lost = await lossOf(context, watched, workerId, outcome);
    if (lost !== null) {
      const { workerAttemptsMax } = context.engine.limits;
      return {
        type: 'RecordWorkerLost',
        problem: problemOf(lost),
        attemptsMax: lost.retry === 'permanent' ? attempt : workerAttemptsMax,
      };
    }
    await pause(context, watched);
  }
}

async function watchedWorker(context: StepContext, attempt: number): Promise<WatchedWorker> {
  const { workerWatch, engine } = context;
  if (workerWatch.current?.attempt === attempt) return workerWatch.current;
  workerWatch.current = {
    attempt,
    mailbox: await openMailbox(context, attempt),
    jobPosted: false,
    latestBeat: null,
    heardAt: engine.clock.now(),
    advancedAt: engine.clock.now(),
    recordedAt: engine.clock.now(),
    pollDelayMs: engine.limits.transferPollMinMs,
  };
  return workerWatch.current;
}

async function outcomeOf({ mailbox, jobPosted }: WatchedWorker): Promise<WorkerOutcome | null> {
  return jobPosted ? mailbox.readDone() : null;
}

/** Why the worker has to be given up, or null while there is hope. */
async function lossOf(
  context: StepContext,
  watched: WatchedWorker,
  workerId: WorkerId,
  outcome: WorkerOutcome | null,
): Promise<SnapledgerError | null> {
  if (outcome !== null) return lossByOutcome(outcome);
  const { engine } = context;
  const { clock, limits } = engine;

  if (!watched.jobPosted && (await postTransferJob(context, watched))) {
    watched.jobPosted = true;
    watched.heardAt = clock.now();
    watched.advancedAt = clock.now();
    watched.pollDelayMs = limits.transferPollMinMs;
  }
  const beat = watched.jobPosted ? await watched.mailbox.latestBeat() : null;
  if (beat !== watched.latestBeat) {
    watched.latestBeat = beat;
    watched.heardAt = clock.now();
  }
  const silentMs = clock.now() - watched.heardAt;
  const patienceMs = watched.jobPosted ? limits.workerSilenceMaxMs : limits.workerHelloTimeoutMs;
  if (silentMs >= patienceMs) {
    return workerLost(`worker ${workerId} has been silent for ${silentMs} ms`);
  }
  const standstillMs = clock.now() - watched.advancedAt;
  if (standstillMs >= limits.workerStandstillMaxMs) {
    return workerLost(`worker ${workerId} has made no progress for ${standstillMs} ms`);
  }
  const worker = await engine.cloud.workers.describe(workerId);
  if (worker !== null && worker.state !== 'gone') return null;
  // It may have posted its outcome and ended since the outcome was last looked for.
  if (watched.jobPosted && (await watched.mailbox.readDone()) !== null) return null;
  const message = worker?.stateMessage ?? '';
  return workerLost(`worker ${workerId} is gone${message === '' ? '' : `: ${message}`}`);
}

function lossByOutcome(outcome: WorkerOutcome): SnapledgerError {
  if (outcome.outcome === 'succeeded') {
    return workerLost('the worker says that it is done, but not all planned blocks are there');
  }
  const { code, message, remedy, retry } = outcome;
  return new SnapledgerError(code, message, remedy === null ? { retry } : { retry, remedy });
}

async function pause({ engine, signal }: StepContext, watched: WatchedWorker): Promise<void> {
  const { transferPollMaxMs } = engine.limits;
  assert(watched.pollDelayMs > 0, 'there is a pause between two looks');
  await engine.clock.sleep(watched.pollDelayMs, signal);
  watched.pollDelayMs = Math.min(watched.pollDelayMs * 2, transferPollMaxMs);
}
