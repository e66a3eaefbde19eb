import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { WorkerMailbox } from '../mailbox/worker-mailbox.ts';
import type { Clock } from '../ports/clock.ts';
import { describeError, workerStopped } from './worker-errors.ts';
import { workerLimits } from './worker-limits.ts';

export interface BeatingOptions {
  readonly mailbox: Pick<WorkerMailbox, 'beat'>;
  readonly clock: Clock;
  readonly beatIntervalMs: number;
  /** Ends the beating, when the work is done. */
  readonly signal: AbortSignal;
  /** Told why the work must not go on; the beating ends with it. */
  readonly stopWork: (reason: SnapledgerError) => void;
  readonly log: (line: string) => void;
}

/** Whether this is what `keepBeating` gave as its reason when the mailbox was closed. */
export function isMailboxClosed(reason: unknown): boolean {
  return reason instanceof SnapledgerError && reason.code === 'SESSION_FENCED';
}

/**
 * Shows that the worker lives, and watches whether it should: its mailbox may be closed, its time
 * may be over. Never rejects.
 */
export async function keepBeating(options: BeatingOptions): Promise<void> {
  const { clock, beatIntervalMs, signal, stopWork } = options;
  const endOfLife = clock.now() + workerLimits.lifetimeMs;
  let failedBeats = 0;
  while (!signal.aborted) {
    const reason = await beatOnce(options);
    failedBeats = reason === 'missed' ? failedBeats + 1 : 0;
    if (reason instanceof SnapledgerError) {
      stopWork(reason);
      return;
    }
    if (failedBeats >= workerLimits.failedBeatsMax) {
      stopWork(workerStopped(`${failedBeats} heartbeats in a row could not be posted`));
      return;
    }
    if (clock.now() >= endOfLife) {
      stopWork(workerStopped(`it has run for ${workerLimits.lifetimeMs / 3_600_000} hours`));
      return;
    }
    await sleepUntilAbort(clock, beatIntervalMs, signal);
  }
}

async function beatOnce({
  mailbox,
  log,
}: BeatingOptions): Promise<'posted' | 'missed' | SnapledgerError> {
  try {
    if ((await mailbox.beat()) === 'open') return 'posted';
  } catch (error) {
    log(`a heartbeat could not be posted: ${describeError(error)}`);
    return 'missed';
  }
  return new SnapledgerError('SESSION_FENCED', 'the engine has closed the mailbox of this worker', {
    remedy: 'Nothing: the session has ended, or goes on with another worker.',
  });
}

async function sleepUntilAbort(
  clock: Clock,
  durationMs: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await clock.sleep(durationMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
