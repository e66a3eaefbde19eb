import type { Command } from 'commander';
import type { CliContext, Invoke } from '../../cli-context.ts';
import type { ExitCode } from '../../exit-code.ts';
import { readPassphraseChange } from '../../passphrase/read-passphrase.ts';
import { vaultFolder } from '../../with-vault.ts';
import { examplesText } from '../examples.ts';
import { printKeyChange } from './print-key-change.ts';

interface ChangeOptions {
  readonly newPassphraseFile?: string;
}

export function addKeyChangeCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('change')
    .summary('change the passphrase')
    .description(
      'Put another passphrase in the place of the one that is given. Others, and recovery keys, ' +
        'stay as they are.\n\n' +
        'Who knew the old one and has a copy of the repository of before can still open that copy, ' +
        "and what it finds there opens the repository of now: 'snapledger key rotate' makes a new " +
        'master key for what is stored from then on.',
    )
    .option('--new-passphrase-file <file>', 'read the new passphrase from this file')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger key change', meaning: 'asks for the old and the new one' },
        {
          command: 'snapledger key change --passphrase-file old --new-passphrase-file new',
          meaning: 'the same with files (for a script)',
        },
      ),
    )
    .action((options: ChangeOptions) => invoke((context) => changePassphrase(context, options)));
}

async function changePassphrase(
  context: CliContext,
  { newPassphraseFile }: ChangeOptions,
): Promise<ExitCode> {
  const folder = vaultFolder(context);
  const { passphrase, newPassphrase } = await readPassphraseChange(context, newPassphraseFile);
  const keys = context.vaultKeys({ folder, passphrase });
  const { afterwards, ...slot } = await keys.changePassphrase(newPassphrase);
  return printKeyChange(context, 'the passphrase is changed', {
    json: slot,
    afterwards,
    people: () => ['passphrase changed: the old one does not open the vault any more'],
  });
}
