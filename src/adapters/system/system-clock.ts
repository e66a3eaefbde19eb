import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../../domain/identifiers.ts';
import type { Clock } from '../../ports/clock.ts';

/** The longest that one timer of Node can wait; it takes anything longer for 1 ms. */
const timerMaxMs = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now() as TimestampMs,

  /** @throws INVALID_ARGUMENT for a duration that is negative or no finite number. */
  async sleep(durationMs, signal) {
    if (!Number.isFinite(durationMs) || durationMs < 0) {
      throw new SnapledgerError('INVALID_ARGUMENT', `cannot sleep for ${durationMs} ms`, {
        remedy: 'Give a finite duration in milliseconds that is not negative.',
      });
    }
    let remainingMs = durationMs;
    do {
      signal?.throwIfAborted();
      const timerMs = Math.min(remainingMs, timerMaxMs);
      await waitForTimerOrAbort(timerMs, signal);
      remainingMs -= timerMs;
    } while (remainingMs > 0);
    signal?.throwIfAborted();
  },
};

async function waitForTimerOrAbort(timerMs: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, timerMs);
    signal?.addEventListener('abort', finish);
  });
}
