import type { TimestampMs } from '../../src/domain/identifiers.ts';
import type { Clock } from '../../src/ports/clock.ts';

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/**
 * A clock whose time passes only when everything waits: as soon as the event loop has nothing
 * else to do, it jumps to the earliest end of a sleep. Hours take milliseconds.
 */
export function createVirtualClock(): Clock {
  let nowMs = 1_700_000_000_000;
  let scheduled = false;
  const sleepers = new Set<Sleeper>();

  const advance = (): void => {
    scheduled = false;
    const next = [...sleepers].sort((one, other) => one.wakeAt - other.wakeAt)[0];
    if (next === undefined) return;
    nowMs = Math.max(nowMs, next.wakeAt);
    next.wake();
    schedule();
  };
  const schedule = (): void => {
    if (scheduled || sleepers.size === 0) return;
    scheduled = true;
    setImmediate(advance);
  };

  return {
    now: () => nowMs as TimestampMs,
    sleep: async (durationMs, signal) => {
      signal?.throwIfAborted();
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper: Sleeper = { wakeAt: nowMs + durationMs, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', wake);
        schedule();
      });
      signal?.throwIfAborted();
    },
  };
}
