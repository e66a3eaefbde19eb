import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** The clock of a machine, which somebody can set: sleeps are as long as they were. */
export abstract class MachineClock implements Clock {
  readonly #time: Clock;
  #aheadMs = 0;

  constructor(time: Clock) {
    this.#time = time;
  }

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

  /** Lets so much time pass in which nothing runs. */
  abstract pass(durationMs: number): Promise<void>;
}

/** Time passes only where somebody sleeps, and then at once. */
export class VirtualMachineClock extends MachineClock {
  constructor() {
    super(createVirtualClock({ advances: 'when-idle' }));
  }

  pass(durationMs: number): Promise<void> {
    return this.sleep(durationMs);
  }
}

/** For worlds with processes, whose time is that of this machine: where nothing runs it is passed over. */
export class RealMachineClock extends MachineClock {
  constructor() {
    super(systemClock);
  }

  pass(durationMs: number): Promise<void> {
    this.set(durationMs);
    return Promise.resolve();
  }
}
