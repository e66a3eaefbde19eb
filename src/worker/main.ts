/**
 * The program of a worker instance:
 *
 *     node src/worker/main.ts --instance FOLDER [--compile-cache FOLDER]
 *
 * The compile cache makes the second start and all later ones about three times as fast. Its
 * folder must belong to whoever runs the worker: what lies there is run. Without it there is no
 * cache, because the default of Node lies in a folder where everybody can write.
 *
 * Exit codes: exit-code.ts.
 */
import { constants, enableCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { workerExitCodes } from './exit-code.ts';

/** When all is said and done, so long is waited for what still holds the process. */
const exitGraceMs = 5_000;

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) return workerExitCodes.unusable;
  if (options.compileCache !== undefined) {
    const { status, message } = enableCompileCache(options.compileCache);
    if (status === constants.compileCacheStatus.FAILED) {
      process.stdout.write(`works without a compile cache: ${message ?? 'no reason given'}\n`);
    }
  }
  // Imported only now: what is loaded before the cache is enabled does not come from it.
  const { runWorkerProgram } = await import('./worker-program.ts');
  return await runWorkerProgram(options.instance);
}

interface WorkerProgramOptions {
  readonly instance: string;
  readonly compileCache: string | undefined;
}

/** Null when the program was called in a way that it does not understand, which is said. */
function readOptions(): WorkerProgramOptions | null {
  const call = 'call the worker with --instance FOLDER [--compile-cache FOLDER]';
  try {
    const { values } = parseArgs({
      options: { instance: { type: 'string' }, 'compile-cache': { type: 'string' } },
    });
    const { instance, 'compile-cache': compileCache } = values;
    if (instance !== undefined && instance !== '') return { instance, compileCache };
    process.stdout.write(`cannot start: it was not told its instance; ${call}\n`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stdout.write(`cannot start: ${reason}; ${call}\n`);
  }
  return null;
}

process.exitCode = await main();
setTimeout(() => process.exit(), exitGraceMs).unref();
