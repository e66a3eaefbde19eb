import type { TimestampMs } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../ports/clock.ts';

interface Made<Description> {
  readonly description: Description;
  readonly untilMs: number;
  /** Whether a listing has shown it. */
  readonly isShown: boolean;
}

/**
 * What was made a moment ago, of which EC2 may not know everywhere yet: it is eventually
 * consistent. Who has made something must find it again, and must not take it for gone because EC2
 * does not find it.
 */
export class RecentlyMade<Description> {
  readonly #clock: Clock;
  readonly #appearanceMs: number;
  readonly #made = new Map<string, Made<Description>>();

  constructor(clock: Clock, appearanceMs: number) {
    this.#clock = clock;
    this.#appearanceMs = appearanceMs;
  }

  /** Made by this process, just now. */
  add(id: string, description: Description): void {
    this.#put(id, { description, untilMs: this.#untilMs(this.#clock.now()), isShown: false });
  }

  /** Shown by a listing, and perhaps made by another process. */
  addShown(id: string, description: Description, madeAt: TimestampMs): void {
    // The time is of EC2's clock, and must not make it recent for longer than anything is.
    const madeAtMs = Math.min(madeAt, this.#clock.now());
    const untilMs = this.#made.get(id)?.untilMs ?? this.#untilMs(madeAtMs);
    this.#put(id, { description, untilMs, isShown: true });
  }

  forget(id: string): void {
    this.#made.delete(id);
  }

  /** Whether it was made so short a time ago that EC2's not finding it does not mean it is gone. */
  has(id: string): boolean {
    this.#forgetOld();
    return this.#made.has(id);
  }

  /** Those that fit and that no listing has shown, this one included. */
  unseen(
    seenIds: readonly string[],
    fits: (description: Description) => boolean,
  ): readonly Description[] {
    this.#forgetOld();
    for (const id of seenIds) {
      const made = this.#made.get(id);
      if (made !== undefined) this.#made.set(id, { ...made, isShown: true });
    }
    return [...this.#made.values()]
      .filter(({ isShown, description }) => !isShown && fits(description))
      .map(({ description }) => description);
  }

  #put(id: string, made: Made<Description>): void {
    this.#forgetOld();
    if (made.untilMs > this.#clock.now()) this.#made.set(id, made);
  }

  #untilMs(madeAtMs: number): number {
    return madeAtMs + this.#appearanceMs;
  }

  #forgetOld(): void {
    const now = this.#clock.now();
    for (const [id, { untilMs }] of this.#made) if (untilMs <= now) this.#made.delete(id);
  }
}
