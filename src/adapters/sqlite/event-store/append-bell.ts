import type { Clock } from '../../../ports/clock.ts';

/** Wakes the subscriptions of this process as soon as it has appended something. */
export class AppendBell {
  readonly #sleepers = new Set<AbortController>();
  #rings = 0;

  /** Changes with every ring: taken before looking for events, so that no ring is missed. */
  get rings(): number {
    return this.#rings;
  }

  ring(): void {
    this.#rings += 1;
    for (const sleeper of this.#sleepers) sleeper.abort();
  }

  /**
   * Resolves at a ring after the one counted by `heard`, when `signal` aborts, or after
   * `timeoutMs`; leaves nothing behind.
   */
  async wait(clock: Clock, heard: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || heard !== this.#rings) return;
    const sleeper = new AbortController();
    const wake = (): void => {
      sleeper.abort();
    };
    signal.addEventListener('abort', wake, { once: true });
    this.#sleepers.add(sleeper);
    try {
      await clock.sleep(timeoutMs, sleeper.signal);
    } catch (error) {
      if (!sleeper.signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', wake);
      this.#sleepers.delete(sleeper);
    }
  }
}
