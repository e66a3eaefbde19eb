import type { TimestampMs } from '../../src/domain/identifiers.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { createVirtualClock } from '../support/clock/virtual-clock.ts';

/** Virtual time, by a clock that somebody can set: sleeps are as long as they were. */
export class MachineClock implements Clock {
  readonly #time = createVirtualClock({ advances: 'when-idle' });
  #aheadMs = 0;

  now(): TimestampMs {
    return (this.#time.now() + this.#aheadMs) as TimestampMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.#time.sleep(durationMs, signal);
  }

  /** Back when negative. */
  set(byMs: number): void {
    this.#aheadMs += byMs;
  }
}
