import { setImmediate as nextTurn } from 'node:timers/promises';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { AppendResult } from '../../../ports/event-store.ts';
import type { Append, AppendOutcome } from './append-events.ts';
import { appendsPerCommitMax } from './ledger-limits.ts';

interface WaitingAppend {
  readonly append: Append;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Performs appends together; rejects when none of them was done. */
type PerformAppends = (appends: readonly Append[]) => Promise<readonly AppendOutcome[]>;

/**
 * Appends that are asked for at the same time become durable with one wait for the disk. Between two
 * of these waits the rest of the program has its turn: a thousand sessions that append one after the
 * other would otherwise keep every timer and every answer from it.
 */
export class AppendQueue {
  readonly #perform: PerformAppends;
  #waiting: WaitingAppend[] = [];
  #draining: Promise<void> | null = null;

  constructor(perform: PerformAppends) {
    this.#perform = perform;
  }

  append(append: Append): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ append, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when everything that was asked for before has its answer. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await nextTurn();
      const batch = this.#waiting.splice(0, appendsPerCommitMax);
      await this.#settle(batch);
    }
    this.#draining = null;
  }

  async #settle(batch: readonly WaitingAppend[]): Promise<void> {
    try {
      const outcomes = await this.#perform(batch.map(({ append }) => append));
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.kind === 'appended') batch[index]?.resolve(outcome.result);
        else batch[index]?.reject(outcome.error);
      }
    } catch (error) {
      const isOfAll = batch.length === 1 || hasErrorCode(error, 'LEDGER_UNAVAILABLE');
      if (isOfAll) for (const { reject } of batch) reject(error);
      // One that the disk has no room for must not take the others with it.
      else for (const one of batch) await this.#settle([one]);
    }
  }
}
