import type { Clock } from '../../ports/clock.ts';

/**
 * What `work` gives, or the error of `expired` after `limitMs`. The work itself goes on, and what
 * becomes of it then is not looked at.
 */
export async function withinTime<T>(
  clock: Clock,
  limitMs: number,
  work: Promise<T>,
  expired: () => Error,
): Promise<T> {
  const settled = new AbortController();
  const limit = clock.sleep(limitMs, settled.signal).then(() => {
    throw expired();
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    settled.abort();
  }
}
