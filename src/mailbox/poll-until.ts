import { isSnapledgerError, type SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { Clock } from '../ports/clock.ts';
import { mailboxLimits } from './mailbox-limits.ts';

export interface PollOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** The longest wait between two looks; the first ones are shorter, so that a fast answer is seen fast. */
  readonly pollIntervalMs: number;
  /** What to throw when the time is up; `lastError` is what the last look failed with, if it did. */
  readonly timedOut: (lastError: unknown) => SnapledgerError;
}

/**
 * Looks again and again until `look` finds something. Retryable errors are waited out like an
 * empty mailbox; others end the wait. At least one look is made, and one when the time is up.
 *
 * @throws what `timedOut` gives, the signal's reason, or what `look` throws for good.
 */
export async function pollUntil<T>(
  look: () => Promise<T | null>,
  { clock, signal, timeoutMs, pollIntervalMs, timedOut }: PollOptions,
): Promise<T> {
  const deadline = clock.now() + timeoutMs;
  let waitMs = Math.min(mailboxLimits.firstPollIntervalMs, pollIntervalMs);
  for (;;) {
    signal.throwIfAborted();
    const remainingMs = deadline - clock.now();
    let lastError: unknown;
    try {
      const found = await look();
      if (found !== null) return found;
    } catch (error) {
      if (!isSnapledgerError(error) || error.retry !== 'retryable') throw error;
      lastError = error;
    }
    if (remainingMs <= 0) throw timedOut(lastError);
    await clock.sleep(Math.min(waitMs, remainingMs), signal);
    waitMs = Math.min(waitMs * 2, pollIntervalMs);
  }
}
