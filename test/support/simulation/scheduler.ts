import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import type { SeededPrng } from './seeded-prng.ts';

interface Entry {
  readonly atMs: number;
  /** Random: decides between entries of one moment. */
  readonly rank: number;
  readonly wake: () => void;
  isCancelled: boolean;
}

/** Wake-ups of one run; more of them means that something goes round in circles. */
const wakeUpsMax = 200_000;

/** Begins on a Monday, so that times in a history are easy to read. */
const startMs = Date.UTC(2026, 0, 5);

/**
 * Virtual time and the one place where a simulation waits: every call of a port and every sleep
 * is an entry here. Each entry is woken only when nothing else has anything left to do, and among
 * those that are due the seed chooses, so one seed is one interleaving.
 */
export class Scheduler {
  readonly #prng: SeededPrng;
  readonly #entries: Entry[] = [];
  #nowMs = startMs;
  #wakeUps = 0;

  constructor(prng: SeededPrng) {
    this.#prng = prng;
  }

  now(): TimestampMs {
    return this.#nowMs as TimestampMs;
  }

  /** Since the beginning of the run, in milliseconds. */
  get elapsedMs(): number {
    return this.#nowMs - startMs;
  }

  get wakeUps(): number {
    return this.#wakeUps;
  }

  /** Calls `wake` after that time, unless the function that it gives back is called before. */
  schedule(durationMs: number, wake: () => void): () => void {
    const entry: Entry = {
      // Clocks count whole milliseconds, whatever they are asked for.
      atMs: this.#nowMs + Math.ceil(durationMs),
      rank: this.#prng.next(),
      wake,
      isCancelled: false,
    };
    this.#push(entry);
    return () => {
      entry.isCancelled = true;
    };
  }

  after(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.schedule(durationMs, resolve);
    });
  }

  /** Lets time pass until `main` has settled. @throws when everything waits for something else */
  async drive<T>(main: Promise<T>): Promise<T> {
    const settled = new AbortController();
    const settle = (): void => {
      settled.abort();
    };
    main.then(settle, settle);
    for (;;) {
      // After it every promise that could go on has gone on.
      await new Promise((resolve) => setImmediate(resolve));
      if (settled.signal.aborted) return main;
      const entry = this.#pop();
      if (entry === undefined) throw new Error('deadlock: everything waits for something else');
      this.#wakeUps += 1;
      if (this.#wakeUps > wakeUpsMax) throw new Error(`no end after ${wakeUpsMax} wake-ups`);
      this.#nowMs = Math.max(this.#nowMs, entry.atMs);
      entry.wake();
    }
  }

  // A binary heap: runs have hundreds of sleepers and many thousands of wake-ups.

  #push(entry: Entry): void {
    const heap = this.#entries;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    for (;;) {
      const entry = this.#popFirst();
      if (entry?.isCancelled !== true) return entry;
    }
  }

  #popFirst(): Entry | undefined {
    const heap = this.#entries;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs === other.atMs ? one.rank < other.rank : one.atMs < other.atMs;
}
