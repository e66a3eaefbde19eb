import type { Command } from 'commander';
import { SnapledgerError, type VaultKeys } from '../../../index.ts';
import type { CliContext, Invoke } from '../../cli-context.ts';
import type { ExitCode } from '../../exit-code.ts';
import { readPassphrase } from '../../passphrase/read-passphrase.ts';
import { vaultFolder } from '../../with-vault.ts';
import { examplesText } from '../examples.ts';
import { describeKind } from './key-list.ts';
import { printKeyChange } from './print-key-change.ts';

/** As for all ids. */
const idLengthMin = 4;

export function addKeyRemoveCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('remove')
    .summary('take a passphrase or recovery key away')
    .description(
      'Take a passphrase or recovery key away: it does not open the vault any more. The last one ' +
        'cannot be removed. Who has a copy of the repository of before can still open that copy: ' +
        "'snapledger key rotate' keeps what is stored from then on from them.",
    )
    .argument('<id>', "of the key; 'snapledger key list' shows it")
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger key remove 0a1b2c3d', meaning: 'takes one away' }),
    )
    .action((id: string) => invoke((context) => removeKey(context, id)));
}

async function removeKey(context: CliContext, id: string): Promise<ExitCode> {
  const folder = vaultFolder(context);
  const passphrase = await readPassphrase(context, 'unlock');
  const keys = context.vaultKeys({ folder, passphrase });
  const { afterwards, ...removed } = await keys.remove(await wholeId(keys, id));
  return printKeyChange(context, `key ${removed.id} is removed`, {
    json: removed,
    afterwards,
    people: () => [
      `key ${removed.id} removed: the ${describeKind(removed)} (${removed.label}) does not open the vault any more`,
    ],
  });
}

/** The id that begins so; what is none is left to be refused by whoever removes it. */
async function wholeId(keys: VaultKeys, id: string): Promise<string> {
  if (id.length < idLengthMin) return id;
  const found = (await keys.list()).slots.filter((slot) => slot.id.startsWith(id));
  if (found.length > 1) {
    throw new SnapledgerError('AMBIGUOUS_ID', `several keys have an id that begins with '${id}'`);
  }
  return found[0]?.id ?? id;
}
