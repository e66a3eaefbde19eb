import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

/** Lets a program do one thing at a time, each when its turn comes. */
export interface Gate {
  /** `describe` gives what the program learns by it: programs that learned the same go on alike. */
  readonly pass: <Result>(
    what: string,
    request: () => Promise<Result>,
    describe: (result: Result) => string,
  ) => Promise<Result>;
}

/** A run from its beginning: the same programs, in a world of their own. */
export interface InterleavedRun {
  /** The programs have begun; they work through their gates only, and need nothing else that takes time. */
  readonly programs: readonly Promise<void>[];
  /** What the programs share. */
  readonly shared: () => Promise<string>;
  /** Throws when something is so that must never be. */
  readonly check: () => Promise<void>;
}

export interface InterleavingLimits {
  /** More of them is an error: a change that makes them many says so, and is no endless test. */
  readonly statesMax: number;
  /**
   * How often a program that could go on is left for another; Infinity: every order. Few are enough for
   * most defects, and cost far less.
   */
  readonly switchesMax: number;
}

/** Immediates until a program must have come to its next request. */
const idleMax = 100;

/**
 * Runs programs in every order that their requests can have. Orders that lead to one state (the same
 * things shared, the same learned by each program) are followed from there once.
 *
 * @returns how many states there are
 */
export async function everyInterleaving(
  programCount: number,
  begin: (gates: readonly Gate[]) => Promise<InterleavedRun>,
  { statesMax, switchesMax }: InterleavingLimits,
): Promise<number> {
  const seen = new Set<string>();
  const open: Order[] = [{ taken: [], switches: 0 }];
  for (let order = open.pop(); order !== undefined; order = open.pop()) {
    const taken = [...order.taken];
    let { switches } = order;
    const steppers = Array.from({ length: programCount }, () => new Stepper());
    const run = await begin(steppers);
    run.programs.forEach((program, index) => {
      steppers[index]?.follow(program);
    });
    for (const index of order.taken) await steppers[index]?.step();
    for (;;) {
      await settled(steppers);
      for (const stepper of steppers) stepper.rethrow();
      await run.check();
      const state = createHash('sha256');
      state.update(await run.shared());
      for (const stepper of steppers) state.update(`|${stepper.learned}`);
      const last = taken.at(-1);
      const canStay = last !== undefined && steppers[last]?.isWaiting === true;
      if (Number.isFinite(switchesMax)) state.update(`|${switches} ${canStay ? last : ''}`);
      const name = state.digest('base64');
      if (seen.has(name)) break;
      seen.add(name);
      if (seen.size > statesMax) throw new Error(`more than ${statesMax} states`);
      const costOf = (n: number): number => (canStay && n !== last ? 1 : 0);
      const [next, ...others] = steppers.flatMap((each, n) =>
        each.isWaiting && switches + costOf(n) <= switchesMax ? [n] : [],
      );
      if (next === undefined) break;
      for (const other of others) {
        open.push({ taken: [...taken, other], switches: switches + costOf(other) });
      }
      switches += costOf(next);
      taken.push(next);
      await steppers[next]?.step();
    }
    for (const stepper of steppers) stepper.abandon();
  }
  return seen.size;
}

interface Order {
  /** Which program went on, one after the other. */
  readonly taken: readonly number[];
  readonly switches: number;
}

async function settled(steppers: readonly Stepper[]): Promise<void> {
  for (let idle = 0; steppers.some((each) => !each.isSettled); idle += 1) {
    if (idle === idleMax) throw new Error('a program waits for something else than its turn');
    await setImmediate();
  }
}

class Stepper implements Gate {
  #waiting: (() => void) | null = null;
  #hasEnded = false;
  #isAbandoned = false;
  #failure: Error | null = null;
  learned = '';

  get isWaiting(): boolean {
    return this.#waiting !== null;
  }

  get isSettled(): boolean {
    return this.#hasEnded || this.#waiting !== null;
  }

  follow(program: Promise<void>): void {
    program.then(
      () => {
        this.#hasEnded = true;
      },
      (error: unknown) => {
        this.#hasEnded = true;
        if (!this.#isAbandoned) this.#failure = new Error(String(error), { cause: error });
      },
    );
  }

  rethrow(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  async pass<Result>(
    what: string,
    request: () => Promise<Result>,
    describe: (result: Result) => string,
  ): Promise<Result> {
    await new Promise<void>((resolve) => {
      this.#waiting = resolve;
    });
    if (this.#isAbandoned) throw new Error('the run has ended');
    try {
      const result = await request();
      this.#learn(`${what}: ${describe(result)}`);
      return result;
    } catch (error) {
      this.#learn(`${what} failed: ${String(error)}`);
      throw error;
    }
  }

  async step(): Promise<void> {
    await settled([this]);
    const go = this.#waiting;
    this.#waiting = null;
    go?.();
    await settled([this]);
  }

  abandon(): void {
    this.#isAbandoned = true;
    this.#waiting?.();
    this.#waiting = null;
  }

  #learn(what: string): void {
    this.learned = createHash('sha256').update(this.learned).update(what).digest('base64');
  }
}
