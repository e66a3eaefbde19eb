/**
 * The program of a worker instance:
 *
 *     node src/worker/main.ts --instance FOLDER
 *
 * With NODE_COMPILE_CACHE in its environment the second start and all later ones are about three
 * times as fast. That folder must belong to whoever runs the worker: what lies there is run.
 *
 * Exit codes: exit-code.ts.
 */
import { parseArgs } from 'node:util';
import { workerExitCodes } from './exit-code.ts';
import { runWorkerProgram } from './worker-program.ts';

/** When all is said and done, so long is waited for what still holds the process. */
const exitGraceMs = 5_000;

async function main(): Promise<number> {
  const instance = readInstance();
  return instance === null ? workerExitCodes.unusable : await runWorkerProgram(instance);
}

/** Null when the program was called in a way that it does not understand, which is said. */
function readInstance(): string | null {
  const call = 'call the worker with --instance FOLDER';
  try {
    const { instance } = parseArgs({ options: { instance: { type: 'string' } } }).values;
    if (instance !== undefined && instance !== '') return instance;
    process.stdout.write(`cannot start: it was not told its instance; ${call}\n`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stdout.write(`cannot start: ${reason}; ${call}\n`);
  }
  return null;
}

process.exitCode = await main();
setTimeout(() => process.exit(), exitGraceMs).unref();
