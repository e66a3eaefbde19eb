import { isSnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import { retryDelayMs } from './retry-delay.ts';
import type { RetryPolicy } from './retry-policy.ts';

export interface RetryContext {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly signal?: AbortSignal;
}

/**
 * Calls `attempt` until it succeeds, fails with an error for which retrying cannot help, or has
 * failed `attemptsMax` times; then the last error is thrown.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { policy, clock, random, signal }: RetryContext,
): Promise<T> {
  for (let attemptNumber = 1; ; attemptNumber += 1) {
    try {
      return await attempt();
    } catch (error) {
      const canRetry = isSnapledgerError(error) && error.retry === 'retryable';
      if (!canRetry || attemptNumber >= policy.attemptsMax) throw error;
    }
    await clock.sleep(retryDelayMs(policy, attemptNumber, random), signal);
  }
}
