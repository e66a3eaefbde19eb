import { setImmediate } from 'node:timers/promises';
import type { SeededPrng } from '../../../../support/simulation/seeded-prng.ts';

/** The requests that decide, and what a collector looks at: it matters most what happens before them. */
export const places = [
  'manifest',
  'generation',
  'claim',
  'delete',
  'list-packs',
  'list-keys',
  'list-points',
  'list-relocations',
] as const;
export type Place = (typeof places)[number];

/** Falling asleep before a request, until so many other programs have ended; each happens once. */
export interface Sleep {
  readonly at: number | Place;
  readonly ends: number;
}

/** One program of the simulation: it works until it has ended, or dies at one of its requests. */
export interface Program {
  readonly name: string;
  /** At which of its requests it dies, counted from 1; null: never. */
  readonly diesAt: number | null;
  /** Whether that request still has its effect. */
  readonly lastRequest: 'lost' | 'performed';
  readonly sleeps: readonly Sleep[];
  requests: number;
  state: 'alive' | 'dead';
}

/** What a request of a dead program rejects with; nobody handles it but the end of the program. */
export class Died extends Error {
  override readonly name = 'Died';
}

/** Requests that a run may take; more of them means that something goes round in circles. */
const turnsMax = 20_000;
/** Looks in a row at which nobody waits for a turn, and not all have ended. */
const idleLooksMax = 1_000_000;

/** Lets one request happen at a time; which of those that wait is drawn from the seed. */
export class Turns {
  readonly #prng: SeededPrng;
  readonly #waiting: (() => void)[] = [];
  readonly #asleep: {
    readonly program: Program;
    readonly untilEnds: number;
    readonly wake: () => void;
  }[] = [];
  readonly #slept = new Set<Sleep>();
  #ends = 0;
  #taken = 0;

  constructor(prng: SeededPrng) {
    this.#prng = prng;
  }

  /** Performs the request when its turn comes. */
  async take<Result>(
    program: Program,
    request: () => Promise<Result>,
    what: Place | 'other' = 'other',
  ): Promise<Result> {
    await new Promise<void>((resolve) => {
      const { sleeps, requests } = program;
      const sleep = sleeps.find(
        (each) => !this.#slept.has(each) && (each.at === requests + 1 || each.at === what),
      );
      if (sleep !== undefined && program.state === 'alive') {
        this.#slept.add(sleep);
        this.#asleep.push({ program, untilEnds: this.#ends + sleep.ends, wake: resolve });
      } else {
        this.#waiting.push(resolve);
      }
    });
    if (program.state === 'dead') throw new Died(program.name);
    program.requests += 1;
    const isLast = program.requests === program.diesAt;
    if (isLast) program.state = 'dead';
    if (isLast && program.lastRequest === 'lost') throw new Died(program.name);
    const result = await request();
    if (isLast) throw new Died(program.name);
    return result;
  }

  /** Gives turns until all programs have ended and none is left to be started. */
  async run(starters: (() => Promise<void>)[], atOnceMax: number): Promise<void> {
    let running = 0;
    let idleLooks = 0;
    const startNext = (): void => {
      const start = starters.shift();
      if (start === undefined) return;
      running += 1;
      void start().finally(() => {
        running -= 1;
        this.#ends += 1;
      });
    };
    for (;;) {
      // Everything that can go on without a turn goes on first.
      await setImmediate();
      // Not while a program looks at the disk itself: it neither waits nor sleeps, and goes on.
      const sleeping = new Set(this.#asleep.map(({ program }) => program)).size;
      const sleepAll = starters.length === 0 && running === sleeping;
      this.#wake(sleepAll ? 'all' : 'due');
      const canStart = starters.length > 0 && running - sleeping < atOnceMax;
      if (canStart && (this.#waiting.length === 0 || this.#prng.chance(0.15))) {
        startNext();
        continue;
      }
      if (this.#waiting.length === 0) {
        if (running === 0 && starters.length === 0) return;
        idleLooks += 1;
        if (idleLooks > idleLooksMax) throw new Error('the simulation waits for nothing');
        continue;
      }
      idleLooks = 0;
      this.#taken += 1;
      if (this.#taken > turnsMax) throw new Error('the simulation goes round in circles');
      const [next] = this.#waiting.splice(this.#prng.integer(0, this.#waiting.length - 1), 1);
      next?.();
    }
  }

  #wake(which: 'due' | 'all'): void {
    for (const sleeper of this.#asleep.splice(0)) {
      const isDue = which === 'all' || sleeper.untilEnds <= this.#ends;
      if (isDue) this.#waiting.push(sleeper.wake);
      else this.#asleep.push(sleeper);
    }
  }
}
