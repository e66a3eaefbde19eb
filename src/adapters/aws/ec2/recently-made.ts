import type { Clock } from '../../../ports/clock.ts';

interface Made<Description> {
  readonly description: Description;
  readonly untilMs: number;
}

/**
 * What this process has made and listings may not show yet: EC2 is eventually consistent, and who
 * has made something must find it again.
 */
export class RecentlyMade<Description> {
  readonly #clock: Clock;
  readonly #appearanceMs: number;
  readonly #made = new Map<string, Made<Description>>();

  constructor(clock: Clock, appearanceMs: number) {
    this.#clock = clock;
    this.#appearanceMs = appearanceMs;
  }

  add(id: string, description: Description): void {
    this.#forgetOld();
    this.#made.set(id, { description, untilMs: this.#clock.now() + this.#appearanceMs });
  }

  forget(id: string): void {
    this.#made.delete(id);
  }

  /** Those that fit and that a listing did not show; what it showed is recent no more. */
  unseen(
    seenIds: readonly string[],
    fits: (description: Description) => boolean,
  ): readonly Description[] {
    this.#forgetOld();
    for (const id of seenIds) this.#made.delete(id);
    return [...this.#made.values()].map(({ description }) => description).filter(fits);
  }

  #forgetOld(): void {
    const now = this.#clock.now();
    for (const [id, { untilMs }] of this.#made) if (untilMs <= now) this.#made.delete(id);
  }
}
