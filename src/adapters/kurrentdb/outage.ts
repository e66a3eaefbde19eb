import type { Clock } from '../../ports/clock.ts';
import { jittered } from '../../ports/jittered.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import { notAskedNow } from './kurrentdb-error.ts';
import type { KurrentDbLimits } from './kurrentdb-limits.ts';

export type OutageLimits = Pick<
  KurrentDbLimits,
  'outageAfterMs' | 'outageFirstPauseMs' | 'outagePauseMaxMs'
>;

export interface OutageOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly limits: OutageLimits;
  /** How messages name the server. */
  readonly server: string;
}

/**
 * Keeps all who use one store from a server that is gone for longer than a disturbance: then one of them at a
 * time asks it, after pauses that grow, and the others fail at once. Each of them has retries of its own, which
 * together would never leave it in peace. The first answer ends it.
 */
export class Outage {
  readonly #options: OutageOptions;
  /** The first and the last failure since the server has answered. */
  #failed: {
    readonly firstAt: number;
    readonly lastAt: number;
    readonly lastError: unknown;
  } | null = null;
  #tries = 0;
  #nextTryAt = 0;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** Before the server is asked. @throws LEDGER_UNAVAILABLE when it is not to be asked now */
  check(): void {
    const { clock, random, limits, server } = this.#options;
    if (this.#failed === null) return;
    const { firstAt, lastAt, lastError } = this.#failed;
    if (lastAt - firstAt < limits.outageAfterMs) return;
    const now = clock.now();
    const waitMs = this.#nextTryAt - now;
    // A clock that was put back would keep everybody away.
    if (waitMs > 0 && waitMs <= limits.outagePauseMaxMs) {
      throw notAskedNow(lastError, server, Math.max(0, now - firstAt), waitMs);
    }
    const pauseMs = Math.min(limits.outageFirstPauseMs * 2 ** this.#tries, limits.outagePauseMaxMs);
    this.#tries += 1;
    this.#nextTryAt = now + jittered(pauseMs, random);
  }

  failed(error: unknown): void {
    const now = this.#options.clock.now();
    this.#failed = { firstAt: this.#failed?.firstAt ?? now, lastAt: now, lastError: error };
  }

  answered(): void {
    this.#failed = null;
    this.#tries = 0;
    this.#nextTryAt = 0;
  }
}
