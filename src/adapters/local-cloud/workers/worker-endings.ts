import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { hasErrno } from '../../../platform/errno.ts';
import { replaceFile } from '../state/durable-file.ts';
import type { PartialNames } from '../state/partial-names.ts';
import { formatExit, workerFiles } from './worker-folder.ts';

/** Writes down how the workers that this process has started end. Nobody else can learn it. */
export class WorkerEndings {
  readonly #partials: PartialNames;
  readonly #pending = new Map<string, Promise<void>>();

  constructor(partials: PartialNames) {
    this.#partials = partials;
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
    this.#pending.set(workerFolder, ended);
  }

  /** Call for a worker that runs no more: resolves when its end is written, if it will be. */
  async settled(workerFolder: string): Promise<void> {
    await this.#pending.get(workerFolder);
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
