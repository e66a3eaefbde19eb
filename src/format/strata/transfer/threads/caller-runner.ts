import { setImmediate } from 'node:timers/promises';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { JobRunner } from './job-runner.ts';

/** Does jobs on the thread of its caller, between whose other work they come one by one. */
export class CallerRunner<Job, Reply> implements JobRunner<Job, Reply> {
  readonly #purpose: string;
  readonly #performer: () => (job: Job) => Reply;
  #perform: ((job: Job) => Reply) | null = null;
  #phase: 'open' | 'closed' = 'open';

  /** @param purpose what the jobs are, for messages: `encoder` */
  constructor(purpose: string, performer: () => (job: Job) => Reply) {
    this.#purpose = purpose;
    this.#performer = performer;
  }

  warmUp(): void {
    return;
  }

  async run(job: Job): Promise<Reply> {
    await setImmediate();
    if (this.#phase === 'closed') {
      throw new SnapledgerError('CANCELLED', `the ${this.#purpose} jobs were stopped`);
    }
    // Not before the first job: what it is told at its start may be complete only then.
    this.#perform ??= this.#performer();
    return this.#perform(job);
  }

  close(): Promise<void> {
    this.#phase = 'closed';
    return Promise.resolve();
  }
}
