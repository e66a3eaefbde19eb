import { resolve } from 'node:path';
import type { CliContext } from '../cli-context.ts';
import { usageError } from '../usage-error.ts';

/** Where the passphrase comes from. Never an argument: every user of a machine can see those. */
export type PassphraseSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly passphrase: string }
  | { readonly kind: 'terminal' };

const waysToGiveIt =
  "use '--passphrase-file FILE', SNAPLEDGER_PASSPHRASE_FILE or SNAPLEDGER_PASSPHRASE, " +
  'or run the command on a terminal, where it asks';
const waysToGiveNew =
  "use '--new-passphrase-file FILE', SNAPLEDGER_NEW_PASSPHRASE_FILE or SNAPLEDGER_NEW_PASSPHRASE, " +
  'or run the command on a terminal, where it asks';

/** Where one of the two can come from. */
interface PassphraseWays {
  readonly name: string;
  readonly file: string | undefined;
  readonly variable: 'SNAPLEDGER_PASSPHRASE' | 'SNAPLEDGER_NEW_PASSPHRASE';
  readonly waysToGiveIt: string;
}

/** Where the passphrase of the vault comes from. @throws INVALID_ARGUMENT */
export function passphraseSource(context: CliContext): PassphraseSource {
  return sourceOf(context, {
    name: 'passphrase',
    file: context.options.passphraseFile,
    variable: 'SNAPLEDGER_PASSPHRASE',
    waysToGiveIt,
  });
}

/** Where a new passphrase comes from. @throws INVALID_ARGUMENT */
export function newPassphraseSource(context: CliContext, file?: string): PassphraseSource {
  return sourceOf(context, {
    name: 'new passphrase',
    file,
    variable: 'SNAPLEDGER_NEW_PASSPHRASE',
    waysToGiveIt: waysToGiveNew,
  });
}

/**
 * The first source that is given: the option, the file of the environment, the environment, the
 * terminal. A source that is given but empty is an error, because going on to the next one could
 * encrypt with another passphrase than was meant.
 *
 * @throws INVALID_ARGUMENT
 */
function sourceOf(context: CliContext, ways: PassphraseWays): PassphraseSource {
  const { env, stdin, workingFolder } = context;
  const file = ways.file ?? env[`${ways.variable}_FILE`];
  if (file === '') {
    throw usageError(`the name of the ${ways.name} file is empty`, ways.waysToGiveIt);
  }
  if (file !== undefined) return { kind: 'file', path: resolve(workingFolder, file) };

  const passphrase = env[ways.variable];
  if (passphrase === '') throw usageError(`${ways.variable} is set but empty`, ways.waysToGiveIt);
  if (passphrase !== undefined) return { kind: 'environment', passphrase };

  if (stdin.isTerminal) return { kind: 'terminal' };
  throw usageError(
    `no ${ways.name} is given, and there is no terminal to ask for it on`,
    ways.waysToGiveIt,
  );
}

/**
 * Refuses a passphrase on the command line before anything looks at the arguments, because an
 * error message about them would print it.
 *
 * @throws INVALID_ARGUMENT
 */
export function refusePassphraseArgument(argv: readonly string[]): void {
  if (!argv.some((argument) => /^--(new-)?(pass(phrase|word)?|recovery-key)(=|$)/.test(argument)))
    return;
  throw usageError(
    'a passphrase is never given as an argument: other users of this machine could see it',
    waysToGiveIt,
  );
}
