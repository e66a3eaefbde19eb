import type { Clock } from '../../../ports/clock.ts';
import { isBusy } from './ledger-error.ts';
import { lockPauseMs, lockSliceMs } from './ledger-limits.ts';

/**
 * Repeats an operation that finds the file locked until about `busyTimeoutMs` have passed. Between
 * the tries the rest of the program runs, which SQLite's own waiting would not allow.
 *
 * @throws what the last try threw.
 */
export async function whenUnlocked<T>(
  clock: Clock,
  busyTimeoutMs: number,
  operation: () => T,
): Promise<T> {
  const triesMax = Math.max(1, Math.ceil(busyTimeoutMs / (lockSliceMs + lockPauseMs)));
  for (let tries = 1; ; tries += 1) {
    try {
      return operation();
    } catch (error) {
      if (!isBusy(error) || tries >= triesMax) throw error;
      await clock.sleep(lockPauseMs);
    }
  }
}
