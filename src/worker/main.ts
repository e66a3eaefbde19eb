/**
 * The program of a worker instance:
 *
 *     node src/worker/main.ts [--format NAME=URL]... --instance FOLDER
 *
 * Each --format names the module of a storage format that is plugged in (docs/formats.md).
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
  const call = readCall();
  if (call === null) return workerExitCodes.unusable;
  return await runWorkerProgram(call.instance, call.formats);
}

interface Call {
  readonly instance: string;
  /** The modules of storage formats that are plugged in, by their names. */
  readonly formats: ReadonlyMap<string, string>;
}

/** Null when the program was called in a way that it does not understand, which is said. */
function readCall(): Call | null {
  const call = 'call the worker with [--format NAME=URL]... --instance FOLDER';
  try {
    const { instance, format } = parseArgs({
      options: { instance: { type: 'string' }, format: { type: 'string', multiple: true } },
    }).values;
    const formats = new Map(format?.map(namedUrl));
    if (instance !== undefined && instance !== '') return { instance, formats };
    process.stdout.write(`cannot start: it was not told its instance; ${call}\n`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stdout.write(`cannot start: ${reason}; ${call}\n`);
  }
  return null;
}

function namedUrl(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

process.exitCode = await main();
setTimeout(() => process.exit(), exitGraceMs).unref();
