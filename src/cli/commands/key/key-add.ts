import type { Command } from 'commander';
import type { CliContext, Invoke } from '../../cli-context.ts';
import type { ExitCode } from '../../exit-code.ts';
import { readPassphrase, readPassphraseChange } from '../../passphrase/read-passphrase.ts';
import { usageError } from '../../usage-error.ts';
import { vaultFolder } from '../../with-vault.ts';
import { recoveryKeyLines, unseenRecoveryKeyRemedy } from '../../wording/recovery-key.ts';
import { examplesText } from '../examples.ts';
import { printKeyChange } from './print-key-change.ts';

interface AddOptions {
  readonly recovery?: true;
  readonly label?: string;
  readonly newPassphraseFile?: string;
}

export function addKeyAddCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('add')
    .summary('add a passphrase or a recovery key')
    .description(
      'Add another passphrase that opens the vault, or a new recovery key, which is made here and ' +
        'shown once. The present passphrase, or a recovery key in its place, comes from where all ' +
        'commands take it. Labels are not encrypted: who can read the bucket can read them.',
    )
    .option('--recovery', 'make a recovery key')
    .option('--label <text>', 'what to call it in lists, such as whose it is; no secret')
    .option('--new-passphrase-file <file>', 'read the new passphrase from this file')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger key add --label Zoe', meaning: 'asks for both on the terminal' },
        {
          command: 'snapledger key add --recovery --label safe',
          meaning: 'another recovery key, for the safe',
        },
      ),
    )
    .action((options: AddOptions) => invoke((context) => addKey(context, options)));
}

async function addKey(context: CliContext, options: AddOptions): Promise<ExitCode> {
  return options.recovery === true
    ? await addRecoveryKey(context, options)
    : await addPassphrase(context, options);
}

async function addRecoveryKey(
  context: CliContext,
  { label = 'recovery key', newPassphraseFile }: AddOptions,
): Promise<ExitCode> {
  if (newPassphraseFile !== undefined) {
    throw usageError(
      'a recovery key is made here, and takes no passphrase',
      "leave out '--recovery' or '--new-passphrase-file'",
    );
  }
  const folder = vaultFolder(context);
  const passphrase = await readPassphrase(context, 'unlock');
  const keys = context.vaultKeys({ folder, passphrase });
  const { slot, recoveryKey, afterwards } = await keys.addRecoveryKey(label);
  return printKeyChange(
    context,
    `key ${slot.id} is added`,
    {
      json: { ...slot, recoveryKey },
      afterwards,
      people: () => [`key ${slot.id} added`, '', ...recoveryKeyLines(recoveryKey)],
    },
    unseenRecoveryKeyRemedy,
  );
}

async function addPassphrase(
  context: CliContext,
  { label = 'passphrase', newPassphraseFile }: AddOptions,
): Promise<ExitCode> {
  const folder = vaultFolder(context);
  const { passphrase, newPassphrase } = await readPassphraseChange(context, newPassphraseFile);
  const keys = context.vaultKeys({ folder, passphrase });
  const added = { passphrase: newPassphrase, label };
  const { afterwards, ...slot } = await keys.addPassphrase(added);
  return printKeyChange(context, `key ${slot.id} is added`, {
    json: slot,
    afterwards,
    people: () => [`key ${slot.id} added: the new passphrase opens the vault as well`],
  });
}
