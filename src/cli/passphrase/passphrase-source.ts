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

/**
 * The first source that is given: the option, the file of the environment, the environment, the
 * terminal. A source that is given but empty is an error, because going on to the next one could
 * encrypt with another passphrase than was meant.
 *
 * @throws INVALID_ARGUMENT
 */
export function passphraseSource(context: CliContext): PassphraseSource {
  const { options, env, stdin, workingFolder } = context;
  const file = options.passphraseFile ?? env['SNAPLEDGER_PASSPHRASE_FILE'];
  if (file === '') throw usageError('the name of the passphrase file is empty', waysToGiveIt);
  if (file !== undefined) return { kind: 'file', path: resolve(workingFolder, file) };

  const passphrase = env['SNAPLEDGER_PASSPHRASE'];
  if (passphrase === '') throw usageError('SNAPLEDGER_PASSPHRASE is set but empty', waysToGiveIt);
  if (passphrase !== undefined) return { kind: 'environment', passphrase };

  if (stdin.isTerminal) return { kind: 'terminal' };
  throw usageError(
    'no passphrase is given, and there is no terminal to ask for it on',
    waysToGiveIt,
  );
}

/**
 * Refuses a passphrase on the command line before anything looks at the arguments, because an
 * error message about them would print it.
 *
 * @throws INVALID_ARGUMENT
 */
export function refusePassphraseArgument(argv: readonly string[]): void {
  if (!argv.some((argument) => /^--pass(phrase|word)?(=|$)/.test(argument))) return;
  throw usageError(
    'a passphrase is never given as an argument: other users of this machine could see it',
    waysToGiveIt,
  );
}
