import type { StreamName } from '../../ports/event-store.ts';
import type { LogWriter, StreamToSeal } from '../transparency-log/log-writer.ts';

/**
 * One append to the log at a time: what is asked for meanwhile goes into the next one together, so
 * that a thousand sessions that end at once do not race each other.
 */
export class SealQueue {
  readonly #writer: LogWriter;
  #waiting = new Map<StreamName, StreamToSeal>();
  #next: Promise<string | null> | null = null;
  #current: Promise<unknown> = Promise.resolve();

  constructor(writer: LogWriter) {
    this.#writer = writer;
  }

  /** Resolves to the signed checkpoint of a log that has these streams; null when it is empty. */
  seal(streams: readonly StreamToSeal[]): Promise<string | null> {
    for (const one of streams) this.#waiting.set(one.stream, one);
    return (this.#next ??= this.#afterCurrent());
  }

  async #afterCurrent(): Promise<string | null> {
    await this.#current;
    const streams = [...this.#waiting.values()];
    this.#waiting = new Map();
    this.#next = null;
    const sealing = this.#writer.seal(streams);
    this.#current = Promise.allSettled([sealing]);
    return sealing;
  }
}
