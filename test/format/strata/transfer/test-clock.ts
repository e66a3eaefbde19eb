import type { TimestampMs } from '../../../../src/domain/identifiers.ts';
import type { Clock } from '../../../../src/ports/clock.ts';

/** A clock whose waits are over at once, and which tells how long they would have been. */
export function createTestClock(): Clock & { readonly sleptMs: () => number } {
  let now = 0;
  return {
    now: () => now as TimestampMs,
    sleep: async (durationMs, signal) => {
      signal?.throwIfAborted();
      now += durationMs;
      await new Promise((resolve) => setImmediate(resolve));
    },
    sleptMs: () => now,
  };
}
