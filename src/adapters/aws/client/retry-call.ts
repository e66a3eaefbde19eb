import { isSnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { Clock } from '../../../ports/clock.ts';
import { jittered } from '../../../ports/jittered.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { AwsCallLimits } from './aws-call-limits.ts';
import { AwsTimeout, readAwsFailure } from './aws-failure.ts';

export interface AwsCallContext {
  readonly limits: AwsCallLimits;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/**
 * Makes a call until it works, fails in a way that another try cannot mend, or has failed
 * `attemptsMax` times; then its last error is thrown as it is.
 */
export async function retryCall<T>(
  { limits, clock, random }: AwsCallContext,
  call: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const firstDelayMs = delayAfter(error, limits);
      if (firstDelayMs === null || attempt >= limits.attemptsMax) throw error;
      const delayMs = Math.min(firstDelayMs * 2 ** (attempt - 1), limits.delayMaxMs);
      await clock.sleep(jittered(delayMs, random));
    }
  }
}

/** Nobody looks at it, and the reason that an abort has by default takes longer to make than the rest of a try. */
const tryIsOver = new Error('the try is over');

/** One try. @throws AwsTimeout after `limitMs`; `work` is told to stop then. */
export async function withinLimit<T>(
  clock: Clock,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const settled = new AbortController();
  const limit = clock.sleep(limitMs, settled.signal).then(() => {
    late.abort();
    throw new AwsTimeout(limitMs);
  });
  try {
    return await Promise.race([work(late.signal), limit]);
  } finally {
    settled.abort(tryIsOver);
  }
}

/** Null: trying again cannot help. */
function delayAfter(error: unknown, limits: AwsCallLimits): number | null {
  // already has its meaning, which is final
  if (isSnapledgerError(error)) return null;
  switch (readAwsFailure(error).kind) {
    case 'throttled':
      return limits.throttledFirstDelayMs;
    case 'transient':
      return limits.firstDelayMs;
    case 'denied':
    case 'untrusted':
    case 'refused':
    case 'not-understood':
      return null;
  }
}
