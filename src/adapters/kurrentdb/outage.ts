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

/** What the server is asked for: a server may leave one kind of call unanswered, and answer the others. */
export type CallKind = 'append' | 'read-stream' | 'read-all' | 'subscribe' | 'hand-out';

/** One call that the server was asked for. */
export interface Question {
  /** At every sign of life, which may come often. */
  answered(): void;
  /** Nobody has answered, or whoever did is gone. */
  failed(error: unknown): void;
  /** The call is over, whatever came of it. */
  end(): void;
}

/**
 * Keeps all who use one store from a server that is gone for longer than a disturbance: then one call at a time
 * asks it, after pauses that grow, and the others fail at once. Each of them has retries of its own, which
 * together would never leave it in peace. The first answer ends it.
 */
export class Outage {
  readonly #options: OutageOptions;
  /** The first and the last of the failures that follow each other since the server has answered. */
  #failed: {
    readonly firstAt: number;
    readonly lastAt: number;
    readonly lastError: unknown;
  } | null = null;
  /** When anybody last wanted to ask, refused or not. */
  #askedAt = 0;
  #tries = 0;
  #nextTryAt = 0;
  /** The one call that asks a server that is gone. */
  #probe: Question | null = null;
  /** Who had a turn to ask it, and who was refused and had none: a kind that comes often would take every turn. */
  readonly #hadTurn = new Set<CallKind>();
  readonly #waiting = new Set<CallKind>();

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** Before the server is asked. @throws LEDGER_UNAVAILABLE when it is not to be asked now */
  ask(kind: CallKind): Question {
    const now = this.#options.clock.now();
    this.#forgetWhenQuiet(now);
    this.#askedAt = now;
    let isAnswered = false;
    const question: Question = {
      answered: () => {
        isAnswered = true;
        this.#forget();
      },
      failed: (error) => {
        // Between its answers a call may wait for long without asking for anything.
        if (isAnswered) this.#forgetWhenQuiet(this.#options.clock.now());
        this.#fail(error);
      },
      end: () => {
        if (this.#probe === question) this.#probe = null;
      },
    };
    if (this.#isGone()) this.#takeTurn(kind, question, now);
    return question;
  }

  #isGone(): boolean {
    if (this.#failed === null) return false;
    return this.#failed.lastAt - this.#failed.firstAt >= this.#options.limits.outageAfterMs;
  }

  #takeTurn(kind: CallKind, question: Question, now: number): void {
    const { random, limits } = this.#options;
    const waitMs = this.#waitMs(kind, now);
    if (this.#probe !== null || waitMs > 0) {
      if (!this.#hadTurn.has(kind)) this.#waiting.add(kind);
      this.#refuse(now, waitMs);
    }
    if (this.#hadTurn.has(kind)) {
      this.#hadTurn.clear();
      this.#waiting.clear();
    }
    this.#hadTurn.add(kind);
    this.#waiting.delete(kind);
    const pauseMs = Math.min(limits.outageFirstPauseMs * 2 ** this.#tries, limits.outagePauseMaxMs);
    this.#tries += 1;
    this.#nextTryAt = now + jittered(pauseMs, random);
    this.#probe = question;
  }

  /** Who had a turn lets those go first who wait for theirs, for as long as they may take to come again. */
  #waitMs(kind: CallKind, now: number): number {
    const { outagePauseMaxMs } = this.#options.limits;
    const pauseMs = this.#nextTryAt - now;
    // A clock that was put back would keep everybody away.
    if (pauseMs > outagePauseMaxMs) return 0;
    const letsOthersGo = this.#hadTurn.has(kind) && this.#waiting.size > 0;
    return letsOthersGo ? pauseMs + outagePauseMaxMs : pauseMs;
  }

  #refuse(now: number, waitMs: number): never {
    const goneMs = now - (this.#failed?.firstAt ?? now);
    throw notAskedNow(
      this.#failed?.lastError,
      this.#options.server,
      Math.max(0, goneMs),
      this.#probe === null ? waitMs : null,
    );
  }

  #fail(lastError: unknown): void {
    const lastAt = this.#options.clock.now();
    const { firstAt, lastAt: before } = this.#failed ?? {
      firstAt: lastAt,
      lastAt,
    };
    // By a clock that was put back, the outage has lasted for as long as it had before.
    const backMs = Math.max(0, before - lastAt);
    this.#failed = { firstAt: firstAt - backMs, lastAt, lastError };
  }

  /** Between failures with a time between them in which nobody asked, the server may have been there. */
  #forgetWhenQuiet(now: number): void {
    if (this.#failed === null || this.#probe !== null) return;
    const quietSince = Math.max(this.#failed.lastAt, this.#askedAt);
    if (now - quietSince > this.#options.limits.outageAfterMs) this.#forget();
  }

  #forget(): void {
    this.#failed = null;
    this.#tries = 0;
    this.#nextTryAt = 0;
    this.#probe = null;
    this.#hadTurn.clear();
    this.#waiting.clear();
  }
}
