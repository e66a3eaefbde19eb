import { isSnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RetryPolicy } from './retry-policy.ts';

/**
 * Calls `attempt` until it succeeds, fails with an error for which retrying cannot help, or has
 * failed `attemptsMax` times; then the last error is thrown.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  policy: RetryPolicy,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T> {
  let delayMs = policy.firstDelayMs;
  for (let attemptNumber = 1; ; attemptNumber += 1) {
    try {
      return await attempt();
    } catch (error) {
      const canRetry = isSnapledgerError(error) && error.retry === 'retryable';
      if (!canRetry || attemptNumber >= policy.attemptsMax) throw error;
    }
    await clock.sleep(delayMs, signal);
    delayMs = Math.min(delayMs * 2, policy.delayMaxMs);
  }
}
