import type { Command } from 'commander';
import type { InstanceId, TimestampMs } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import {
  decisionInWords,
  itemEntries,
  type ItemEntry,
  untilInWords,
} from '../items/item-entries.ts';
import { formatId } from '../output/format-id.ts';
import { formatTable } from '../output/format-table.ts';
import { formatAge, formatLocalTime, formatUtcTime } from '../output/format-time.ts';
import { printResult } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';

export function addSnapshotsCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('snapshots')
    .summary('show the snapshot sets of an instance, and why each one stays')
    .description(
      'Show the snapshot sets of an instance, and what retention says of each today: why it ' +
        'stays, or why the next backup will remove it.\n\n' +
        'The CBT base (changed block tracking) is the set of the last image-level backup. It ' +
        'stays whatever the policy says, because the next backup compares with it.',
    )
    .argument('<instance>', 'the instance')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger snapshots web-1', meaning: 'the chain, oldest first' },
        { command: 'snapledger snapshots web-1 --json', meaning: 'the same for a program' },
      ),
    )
    .action((instance: string) =>
      invoke((context) => listSnapshots(context, instanceIdOf(instance))),
    );
}

async function listSnapshots(context: CliContext, instanceId: InstanceId): Promise<ExitCode> {
  const items = await withVault(context, ({ engine }) => engine.describeItems(instanceId));
  const entries = itemEntries(items).filter(({ kind }) => kind === 'snapshot-set');
  await printResult(context, {
    json: entries.map(({ id, takenAt, decision, reasons, until }) => ({
      id,
      takenAt,
      decision,
      reasons,
      until: until === null ? null : formatUtcTime(until),
    })),
    people: () =>
      entries.length === 0 ? ['no snapshot sets yet'] : chainTable(entries, context.now()),
  });
  return exitCodes.done;
}

function chainTable(entries: readonly ItemEntry[], now: TimestampMs): readonly string[] {
  return formatTable(
    ['SNAPSHOT SET', 'TAKEN', 'AGE', 'RETENTION', 'UNTIL', 'WHY'].map(
      (title) => ({ title, align: 'left' }) as const,
    ),
    entries.map((entry) => ({
      cells: [
        formatId(entry.id),
        formatLocalTime(entry.takenAt),
        formatAge(entry.takenAt, now),
        decisionInWords[entry.decision],
        untilInWords(entry),
        entry.inWords,
      ],
    })),
  );
}
