import type { Command } from 'commander';
import type { KeySlotInfo, KeySlotList } from '../../../index.ts';
import type { CliContext, Invoke } from '../../cli-context.ts';
import { type ExitCode, exitCodes } from '../../exit-code.ts';
import { formatTable, type TableColumn } from '../../output/format-table.ts';
import { formatLocalMinute } from '../../output/format-time.ts';
import { printResult } from '../../output/print.ts';
import { readPassphrase } from '../../passphrase/read-passphrase.ts';
import { vaultFolder } from '../../with-vault.ts';
import { examplesText } from '../examples.ts';

export function addKeyListCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('list')
    .summary('show what opens the vault')
    .description(
      'Show the key slots: each is a passphrase or a recovery key that opens the vault. What they ' +
        'are is not shown, and nobody can find it out.',
    )
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger key list', meaning: 'all of them, in their order' }),
    )
    .action(() => invoke((context) => listKeys(context)));
}

async function listKeys(context: CliContext): Promise<ExitCode> {
  const folder = vaultFolder(context);
  const passphrase = await readPassphrase(context, 'unlock');
  const list = await context.vaultKeys({ folder, passphrase }).list();
  await printResult(context, { json: list, people: () => describeList(list) });
  return exitCodes.done;
}

/** What a kind of slot is called. */
export function describeKind({ kind }: KeySlotInfo): string {
  return kind === 'passphrase' ? 'passphrase' : 'recovery key';
}

const columns: readonly TableColumn[] = [
  { title: 'ID', align: 'left' },
  { title: 'KIND', align: 'left' },
  { title: 'MADE', align: 'left' },
  { title: 'LABEL', align: 'left' },
];

function describeList(list: KeySlotList): readonly string[] {
  const { slots, openedId, rotations, masterKeyCreatedAt, firstPassphrase } = list;
  const rows = slots.map((slot) => {
    const label = slot.id === openedId ? `${slot.label} (used now)` : slot.label;
    return { cells: [slot.id, describeKind(slot), formatLocalMinute(slot.createdAt), label] };
  });
  const made = formatLocalMinute(masterKeyCreatedAt);
  const times = rotations === 1 ? 'once' : `${rotations} times`;
  const rotated = rotations === 0 ? 'never rotated' : `rotated ${times}, last ${made}`;
  return [
    ...formatTable(columns, rows),
    '',
    `master key: ${rotated}`,
    ...(firstPassphrase === 'removable' ? [] : permanentSlotLines),
  ];
}

const permanentSlotLines: readonly string[] = [
  'The passphrase that this repository was made with stays in its header, and cannot be removed:',
  'an older version made it. Who knows it can read what was stored before the first rotation.',
];
