import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import { storeRetryLimits } from './store-retry-limits.ts';

export interface RetryContext {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly signal: AbortSignal;
}

/**
 * Performs `operation`, again and again while the object store is unavailable: exponential
 * backoff with jitter, at most `storeRetryLimits.attemptsMax` times.
 *
 * @throws what `operation` threw last; the signal's reason when it aborts during a wait.
 */
export async function retryUnavailable<T>(
  operation: () => Promise<T>,
  { clock, random, signal }: RetryContext,
): Promise<T> {
  let delayMs: number = storeRetryLimits.firstDelayMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      if (!hasErrorCode(error, 'STORE_UNAVAILABLE')) throw error;
      if (attempt === storeRetryLimits.attemptsMax) throw error;
    }
    await clock.sleep(withJitter(delayMs, random), signal);
    delayMs = Math.min(delayMs * 2, storeRetryLimits.delayMaxMs);
  }
}

/** Between half of the delay and the whole of it, so that many workers do not come back at once. */
function withJitter(delayMs: number, random: RandomSource): number {
  const fraction = (random.bytes(1)[0] ?? 0) / 255;
  return Math.ceil(delayMs * (0.5 + fraction / 2));
}
