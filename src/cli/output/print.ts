import { hasErrorCode } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { jsonValue } from './json-value.ts';
import { printable } from './printable.ts';

/** What a command found out, for both kinds of readers. */
export interface CommandResult {
  /** A list is an array of objects with an `id`. */
  readonly json: unknown;
  /** Lines without line ends. */
  readonly people: () => readonly string[];
}

/** Prints a result to stdout, in the form that was asked for. */
export async function printResult(context: CliContext, result: CommandResult): Promise<void> {
  const text =
    context.outputFormat === 'json'
      ? `${JSON.stringify(jsonValue(result.json), null, 2)}\n`
      : result
          .people()
          .map((line) => `${line}\n`)
          .join('');
  await context.stdout.write(text);
}

/**
 * Prints the result of a command that has done something. That stays done when it cannot be
 * printed, so it is said on stderr instead.
 *
 * @param deed what is done, as a sentence without its end
 * @param remedy what to do when the result was not seen
 */
export async function printDone(
  context: CliContext,
  deed: string,
  result: CommandResult,
  remedy = 'Nothing has to be done again.',
): Promise<ExitCode> {
  try {
    await printResult(context, result);
    return exitCodes.done;
  } catch (error) {
    if (!hasErrorCode(error, 'OUTPUT_FAILED')) throw error;
    await warn(context, `${deed}, but ${error.message}`, remedy);
    return exitCodes.warnings;
  }
}

/** Prints the elements of a list as they come, so that a long one needs no memory. */
export async function printJsonArray(
  context: CliContext,
  elements: AsyncIterable<unknown>,
): Promise<void> {
  let separator = '[\n';
  for await (const element of elements) {
    await context.stdout.write(separator + JSON.stringify(jsonValue(element)));
    separator = ',\n';
  }
  await context.stdout.write(separator === '[\n' ? '[]\n' : '\n]\n');
}

/** Says on stderr what the user should look at, although the command goes on. */
export async function warn(context: CliContext, message: string, remedy: string): Promise<void> {
  const text =
    context.outputFormat === 'json'
      ? JSON.stringify({ level: 'warning', message, remedy })
      : `snapledger: warning: ${printable(message)}\n${printable(remedy)}`;
  await context.stderr.write(`${text}\n`);
}
