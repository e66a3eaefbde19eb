import { Worker } from 'node:worker_threads';
import type { CatalogueAdvance } from '../../../ports/catalogue-store.ts';
import type { AdvanceMessage, AdvanceReply, AdvanceThreadData } from './advance-message.ts';

/** Rows live for one message: a larger space for young objects would only be filled before it is emptied. */
const youngHeapMaxMebibytes = 8;

type Outcome = 'advanced' | 'overtaken';

/**
 * Puts rows into the catalogue of a folder on a thread of its own, with a connection of its own. What
 * is asked for is done in its order; whoever asks waits, so that little is ever queued.
 */
export class AdvanceThread {
  readonly #worker: Worker;
  readonly #waiting: PromiseWithResolvers<Outcome>[] = [];
  readonly #ended = Promise.withResolvers<undefined>();
  #failure: Error | null = null;

  constructor(folder: string) {
    const workerData: AdvanceThreadData = { folder };
    this.#worker = new Worker(threadProgram(), {
      workerData,
      name: 'catalogue',
      resourceLimits: { maxYoungGenerationSizeMb: youngHeapMaxMebibytes },
    });
    this.#worker.on('message', (reply: AdvanceReply) => {
      const one = this.#waiting.shift();
      if (reply.kind === 'done') one?.resolve(reply.outcome);
      else one?.reject(new Error(reply.said));
      this.#letGo();
    });
    this.#worker.on('error', (error) => {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    });
    this.#worker.on('exit', () => {
      this.#fail(new Error('the thread that puts rows in has ended'));
      this.#ended.resolve(undefined);
    });
    this.#letGo();
  }

  /** Rejects with an error that has the words of SQLite, or says how the thread ended. */
  async advance(advance: CatalogueAdvance): Promise<Outcome> {
    if (this.#failure !== null) throw this.#failure;
    const one = Promise.withResolvers<Outcome>();
    this.#waiting.push(one);
    this.#worker.ref();
    this.#post({ kind: 'advance', advance });
    return one.promise;
  }

  /** After what it was asked for; the file is closed then. */
  async close(): Promise<void> {
    this.#worker.ref();
    this.#post({ kind: 'close' });
    await this.#ended.promise;
  }

  #post(message: AdvanceMessage): void {
    this.#worker.postMessage(message);
  }

  /** A thread that nobody waits for keeps no process alive. */
  #letGo(): void {
    if (this.#waiting.length === 0) this.#worker.unref();
  }

  #fail(failure: Error): void {
    this.#failure ??= failure;
    for (const one of this.#waiting.splice(0)) one.reject(this.#failure);
  }
}

/** The thread's program has the suffix that this file has: `.ts` in a checkout, `.js` when built. */
function threadProgram(): URL {
  const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return new URL(`./advance-thread-program${suffix}`, import.meta.url);
}
