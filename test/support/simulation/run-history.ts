import type { Scheduler } from './scheduler.ts';

/** Lines that are kept; a run that needs more is shown from its first lines on. */
const linesMax = 5_000;

/** What happened in a run, for a person: one line each, with the virtual time. */
export class RunHistory {
  readonly #scheduler: Scheduler;
  readonly #lines: string[] = [];

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  note(who: string, what: string): void {
    if (this.#lines.length >= linesMax) return;
    const seconds = (this.#scheduler.elapsedMs / 1000).toFixed(2);
    this.#lines.push(`${seconds.padStart(9)} s  ${who.padEnd(14)} ${what}`);
  }
}
