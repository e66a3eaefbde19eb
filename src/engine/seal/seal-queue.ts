import type { StreamName } from '../../ports/event-store.ts';
import type { LogWriter, SealedSoFar, StreamToSeal } from '../transparency-log/log-writer.ts';

/**
 * One append to the log at a time: what is asked for meanwhile goes into the next one together, so
 * that a thousand sessions that end at once do not race each other.
 */
export class SealQueue {
  readonly #writer: LogWriter;
  #waiting = new Map<StreamName, StreamToSeal>();
  #next: Promise<string | null> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(writer: LogWriter) {
    this.#writer = writer;
  }

  /** Resolves to the signed checkpoint of a log that has these streams; null when it is empty. */
  seal(streams: readonly StreamToSeal[]): Promise<string | null> {
    for (const one of streams) this.#waiting.set(one.stream, one);
    return (this.#next ??= this.#inTurn(() => {
      const waiting = [...this.#waiting.values()];
      this.#waiting = new Map();
      this.#next = null;
      return this.#writer.seal(waiting);
    }));
  }

  /** What the log has. */
  sealedStreams(): Promise<SealedSoFar> {
    return this.#inTurn(() => this.#writer.sealedStreams());
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = Promise.allSettled([done]);
    return done;
  }
}
