import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Clock } from '../../../ports/clock.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';
import { replaceFile } from '../state/durable-file.ts';
import type { PartialNames } from '../state/partial-names.ts';
import { formatExit, workerFiles } from './worker-folder.ts';

interface PendingEnding {
  readonly child: ChildProcess;
  /** Resolves when its end is written. */
  readonly ended: Promise<void>;
}

/** Writes down how the workers that this process has started end. Nobody else can learn it. */
export class WorkerEndings {
  readonly #partials: PartialNames;
  readonly #clock: Clock;
  readonly #pending = new Map<string, PendingEnding>();

  constructor(partials: PartialNames, clock: Clock) {
    this.#partials = partials;
    this.#clock = clock;
  }

  watch(workerFolder: string, child: ChildProcess): void {
    const ended = new Promise<void>((resolve) => {
      child.once('exit', (exitCode, signal) => {
        void this.#record(workerFolder, formatExit({ exitCode, signal })).then(() => {
          this.#pending.delete(workerFolder);
          resolve();
        });
      });
    });
    this.#pending.set(workerFolder, { child, ended });
  }

  /**
   * Call for a worker that runs no more: resolves when its end is written, or will not be soon.
   *
   * A process that is not reaped yet runs no more either, and its child is unreferenced: unless it
   * is referenced while somebody waits, Node ends this process in the middle of the wait.
   */
  async settled(workerFolder: string): Promise<void> {
    const pending = this.#pending.get(workerFolder);
    if (pending === undefined) return;
    const wait = new AbortController();
    pending.child.ref();
    try {
      await Promise.race([
        pending.ended,
        this.#clock.sleep(localCloudLimits.endingWaitMs, wait.signal),
      ]);
    } finally {
      wait.abort();
      pending.child.unref();
    }
  }

  async #record(workerFolder: string, content: string): Promise<void> {
    try {
      await replaceFile(path.join(workerFolder, workerFiles.exit), content, this.#partials);
    } catch (error) {
      // The worker was terminated and its folder removed: nobody will ask how it ended.
      if (hasErrno(error, 'ENOENT')) return;
      // Only a line in a message is lost. Nobody waits here whom an error could be thrown at.
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  }
}
