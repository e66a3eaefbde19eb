import type { Clock } from '../../../ports/clock.ts';
import type { EbsLimits } from './ebs-limits.ts';

/** How fast blocks are read: at most what the quotas allow, and less while EBS refuses. */
export interface ReadPace {
  /** Resolves when the next read may begin. */
  turn(): Promise<void>;
  /** EBS has refused a read because there were too many. */
  throttled(): void;
  succeeded(): void;
  /** Reads per second that are allowed now. */
  readonly perSecond: number;
}

type PaceLimits = Pick<
  EbsLimits,
  | 'readsPerSecondMax'
  | 'readsPerSecondFirst'
  | 'readsPerSecondMin'
  | 'readsPerSecondGain'
  | 'throttleEventMs'
>;

/** Turns that were not taken are given later, as many as fit into this: timers are not exact. */
const burstMs = 20;

/** Halves with each event of throttling, and grows steadily while there is none. */
export function createReadPace(clock: Clock, limits: PaceLimits): ReadPace {
  return new AdaptivePace(clock, limits);
}

class AdaptivePace implements ReadPace {
  readonly #clock: Clock;
  readonly #limits: PaceLimits;
  #perSecond: number;
  #nextTurnMs = 0;
  #throttledAtMs = -Infinity;

  constructor(clock: Clock, limits: PaceLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#perSecond = limits.readsPerSecondFirst;
  }

  get perSecond(): number {
    return this.#perSecond;
  }

  async turn(): Promise<void> {
    const nowMs = this.#clock.now();
    const turnMs = Math.max(this.#nextTurnMs, nowMs - burstMs);
    this.#nextTurnMs = turnMs + 1000 / this.#perSecond;
    if (turnMs > nowMs) await this.#clock.sleep(turnMs - nowMs);
  }

  throttled(): void {
    const nowMs = this.#clock.now();
    // many reads are under way, and all of them are refused at once
    if (nowMs - this.#throttledAtMs < this.#limits.throttleEventMs) return;
    this.#throttledAtMs = nowMs;
    this.#perSecond = Math.max(this.#perSecond / 2, this.#limits.readsPerSecondMin);
  }

  succeeded(): void {
    const gain = this.#limits.readsPerSecondGain / this.#perSecond;
    this.#perSecond = Math.min(this.#perSecond + gain, this.#limits.readsPerSecondMax);
  }
}
