import type { CliContext } from '../cli-context.ts';
import { usageError } from '../usage-error.ts';
import { askHidden } from './ask-hidden.ts';
import { readSecretFile } from '../secret/secret-file.ts';
import {
  newPassphraseSource,
  passphraseSource,
  type PassphraseSource,
} from './passphrase-source.ts';

/**
 * The passphrase of the vault. `choose`: for a new vault; on a terminal it is then asked for
 * twice, because nobody can open a vault whose passphrase has a typing mistake.
 *
 * @throws INVALID_ARGUMENT, CANCELLED
 */
export async function readPassphrase(
  context: CliContext,
  purpose: 'choose' | 'unlock',
): Promise<string> {
  const given = await givenBy(context, passphraseSource(context));
  if (given !== null) return given;
  const questions =
    purpose === 'choose' ? ['New passphrase: ', 'The same passphrase again: '] : ['Passphrase: '];
  const [passphrase = '', repeated = passphrase] = await askHidden(context, questions);
  return checked(passphrase, repeated);
}

/** The passphrase of the vault, and one that is to open it from now on. */
export interface PassphraseChange {
  readonly passphrase: string;
  readonly newPassphrase: string;
}

/**
 * Both passphrases, each from the first of its sources. What comes from the terminal is asked for at
 * once, the new one twice.
 *
 * @param newFile the file of the new one, when an option names it
 * @throws INVALID_ARGUMENT, CANCELLED
 */
export async function readPassphraseChange(
  context: CliContext,
  newFile?: string,
): Promise<PassphraseChange> {
  const source = passphraseSource(context);
  const newSource = newPassphraseSource(context, newFile);
  const given = await givenBy(context, source);
  const newGiven = await givenBy(context, newSource);
  const questions = [
    ...(given === null ? ['Passphrase: '] : []),
    ...(newGiven === null ? ['New passphrase: ', 'The same passphrase again: '] : []),
  ];
  const answers = questions.length === 0 ? [] : await askHidden(context, questions);
  const [first = '', ...rest] = given === null ? answers : [given, ...answers];
  const passphrase = checked(first, first);
  if (newGiven !== null) return { passphrase, newPassphrase: newGiven };
  const [chosen = '', repeated = ''] = rest;
  return { passphrase, newPassphrase: checked(chosen, repeated) };
}

/** The passphrase of a source that needs nobody to type; null for the terminal. */
async function givenBy(context: CliContext, source: PassphraseSource): Promise<string | null> {
  switch (source.kind) {
    case 'file':
      return await readSecretFile(context, 'passphrase', source.path);
    case 'environment':
      return source.passphrase;
    case 'terminal':
      return null;
  }
}

function checked(passphrase: string, repeated: string): string {
  if (passphrase === '') {
    throw usageError('the passphrase is empty', 'type at least one character');
  }
  if (repeated !== passphrase) {
    throw usageError('the two passphrases differ', 'run the command again; nothing was made');
  }
  return passphrase;
}
