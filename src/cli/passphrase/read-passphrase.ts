import type { CliContext } from '../cli-context.ts';
import { usageError } from '../usage-error.ts';
import { askHidden } from './ask-hidden.ts';
import { readSecretFile } from '../secret/secret-file.ts';
import { passphraseSource } from './passphrase-source.ts';

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
  const source = passphraseSource(context);
  switch (source.kind) {
    case 'file':
      return readSecretFile(context, 'passphrase', source.path);
    case 'environment':
      return source.passphrase;
    case 'terminal': {
      const questions =
        purpose === 'choose'
          ? ['New passphrase: ', 'The same passphrase again: ']
          : ['Passphrase: '];
      const [passphrase = '', repeated = passphrase] = await askHidden(context, questions);
      if (passphrase === '') {
        throw usageError('the passphrase is empty', 'type at least one character');
      }
      if (repeated !== passphrase) {
        throw usageError('the two passphrases differ', 'run the command again; nothing was made');
      }
      return passphrase;
    }
  }
}
