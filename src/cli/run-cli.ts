import { type Command, CommanderError } from 'commander';
import { SnapledgerError } from '../index.ts';
import type { GlobalOptions, Invoke, OutputFormat } from './cli-context.ts';
import type { CliDependencies } from './cli-dependencies.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-code.ts';
import { lineWidthMax } from './output/format-table.ts';
import { printError } from './output/print-error.ts';
import { refusePassphraseArgument } from './passphrase/passphrase-source.ts';
import { refuseCredentialsArgument } from './event-store/event-store-credentials.ts';
import { buildProgram } from './program.ts';
import { isCancellation } from './session/session-exit.ts';
import { usageError } from './usage-error.ts';

/** A help narrower than this cannot be read on any terminal. */
const helpWidthMin = 40;

/**
 * Runs one command line to its end. Never throws: what went wrong is on stderr, and in the exit
 * code.
 */
export async function runCli(dependencies: CliDependencies): Promise<ExitCode> {
  const { argv, signal } = dependencies;
  // An error of parsing has a format too, and then nothing is parsed yet.
  const outputFormat: OutputFormat = argv.includes('--json') ? 'json' : 'people';
  try {
    refusePassphraseArgument(argv);
    refuseCredentialsArgument(argv);
    return await parseAndRun(dependencies, outputFormat);
  } catch (error) {
    const cancelled = isCancellation(error, signal);
    const shown = cancelled ? new SnapledgerError('CANCELLED', 'cancelled') : error;
    await printError(dependencies, shown, outputFormat);
    return exitCodeOf(shown);
  }
}

async function parseAndRun(
  dependencies: CliDependencies,
  outputFormat: OutputFormat,
): Promise<ExitCode> {
  const { argv, version, stdout, stderr } = dependencies;
  let exitCode: ExitCode = exitCodes.done;
  let help = '';
  const invoke: Invoke = async (body) => {
    const options = program.opts<GlobalOptions>();
    exitCode = await body({ ...dependencies, options, outputFormat });
  };
  const program = buildProgram({
    version,
    invoke,
    print: (text) => (help += text),
    helpWidth: Math.max(helpWidthMin, Math.min(lineWidthMax, stdout.columns)),
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) {
      await stdout.write(help);
      return exitCodes.done;
    }
    if (error.code === 'commander.help' && outputFormat === 'people') {
      await stderr.write(help);
      return exitCodes.usage;
    }
    throw parseError(error, helpCommandOf(program, argv));
  }
}

/** What shows the help of the command that was meant, as far as its names are right. */
function helpCommandOf(program: Command, argv: readonly string[]): string {
  const names: string[] = [program.name()];
  let at = program;
  for (const word of argv) {
    const next = at.commands.find((command) => command.name() === word);
    if (next === undefined) continue;
    names.push(word);
    at = next;
  }
  return `'${names.join(' ')} --help'`;
}

/** An error of parsing in the words of all errors; commander puts its hint on a second line. */
function parseError({ message, code }: CommanderError, help: string): SnapledgerError {
  if (code === 'commander.help') {
    return usageError('no command is given', `${help} shows the commands`);
  }
  const [what = message, hint] = message.replace(/^error: /, '').split('\n');
  const suggestion = hint === undefined ? '' : `${hint.replace(/^\((.*)\)$/, '$1')} `;
  return usageError(what, `${suggestion}${help} shows what there is, with examples`);
}
