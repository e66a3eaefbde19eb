import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import type { Clock } from '../../../src/ports/clock.ts';

export interface VirtualClockOptions {
  /** Default: 2026-01-05T00:00:00Z. */
  readonly startMs?: number;
  /**
   * `by-hand`: only `advance` lets time pass. `when-idle`: as soon as the event loop has nothing
   * else to do, time jumps to the end of the earliest sleep. Default: `by-hand`.
   */
  readonly advances?: 'by-hand' | 'when-idle';
}

export interface VirtualClock extends Clock {
  /** Sleepers there are now. */
  readonly sleeperCount: number;
  /** The durations of all sleeps that were ever asked for, in order. */
  readonly sleptMs: readonly number[];
  /**
   * Lets `durationMs` pass: wakes each sleeper whose time has come at its own moment, and lets
   * what it does next happen before the next one wakes.
   */
  advance(durationMs: number): Promise<void>;
}

interface Sleeper {
  readonly wakesAtMs: number;
  readonly wake: () => void;
}

/** A clock that stands still unless told otherwise, so that hours take no time. */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const { startMs = Date.UTC(2026, 0, 5), advances = 'by-hand' } = options;
  const sleepers = new Set<Sleeper>();
  const sleptMs: number[] = [];
  let nowMs = startMs;
  let isJumpPlanned = false;

  const earliest = (): Sleeper | undefined =>
    [...sleepers].sort((one, other) => one.wakesAtMs - other.wakesAtMs)[0];

  const planJump = (): void => {
    if (advances === 'by-hand' || isJumpPlanned) return;
    isJumpPlanned = true;
    setImmediate(() => {
      isJumpPlanned = false;
      const next = earliest();
      if (next === undefined) return;
      nowMs = Math.max(nowMs, next.wakesAtMs);
      next.wake();
      if (sleepers.size > 0) planJump();
    });
  };

  return {
    // Whole milliseconds, as of every clock; sleeps may be parts of one.
    now: () => Math.floor(nowMs) as TimestampMs,

    sleep: async (durationMs, signal) => {
      signal?.throwIfAborted();
      sleptMs.push(durationMs);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper: Sleeper = { wakesAtMs: nowMs + durationMs, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', wake);
        planJump();
      });
      signal?.throwIfAborted();
    },

    get sleeperCount() {
      return sleepers.size;
    },

    get sleptMs() {
      return sleptMs;
    },

    advance: async (durationMs) => {
      const endMs = nowMs + durationMs;
      await settled();
      for (let next = earliest(); next !== undefined; next = earliest()) {
        if (next.wakesAtMs > endMs) break;
        nowMs = Math.max(nowMs, next.wakesAtMs);
        next.wake();
        await settled();
      }
      nowMs = endMs;
    },
  };
}

/** After everything that was ready to run has run. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
