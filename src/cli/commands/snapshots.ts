import type { Command } from 'commander';
import type { InstanceId, RetentionPlan, TimestampMs } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { formatTable } from '../output/format-table.ts';
import { formatAge, formatLocalTime } from '../output/format-time.ts';
import { printResult } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { keepReasonsInWords, removeReasonsInWords } from '../wording/retention.ts';
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

interface ChainEntry {
  readonly id: string;
  readonly takenAt: TimestampMs;
  readonly decision: 'keep' | 'remove';
  readonly reasons: readonly { readonly kind: string }[];
  readonly inWords: string;
}

async function listSnapshots(context: CliContext, instanceId: InstanceId): Promise<ExitCode> {
  const chain = await withVault(context, ({ engine }) => engine.describeItems(instanceId));
  const entries = chainEntries(chain.plan.snapshots);
  await printResult(context, {
    json: entries.map(({ id, takenAt, decision, reasons }) => ({ id, takenAt, decision, reasons })),
    people: () =>
      entries.length === 0 ? ['no snapshot sets yet'] : chainTable(entries, context.now()),
  });
  return exitCodes.done;
}

function chainEntries({ keep, remove }: RetentionPlan['snapshots']): readonly ChainEntry[] {
  const entries: readonly ChainEntry[] = [
    ...keep.map(({ id, takenAt, reasons }) => {
      const inWords = keepReasonsInWords(reasons);
      return { id, takenAt, decision: 'keep', reasons, inWords } as const;
    }),
    ...remove.map(({ id, takenAt, reasons }) => {
      const inWords = removeReasonsInWords(reasons);
      return { id, takenAt, decision: 'remove', reasons, inWords } as const;
    }),
  ];
  return entries.toSorted((a, b) => a.takenAt - b.takenAt);
}

function chainTable(entries: readonly ChainEntry[], now: TimestampMs): readonly string[] {
  return formatTable(
    ['SNAPSHOT SET', 'TAKEN', 'AGE', 'RETENTION', 'WHY'].map(
      (title) => ({ title, align: 'left' }) as const,
    ),
    entries.map(({ id, takenAt, decision, inWords }) => ({
      cells: [
        formatId(id),
        formatLocalTime(takenAt),
        formatAge(takenAt, now),
        decision === 'keep' ? 'stays' : 'goes next',
        inWords,
      ],
    })),
  );
}
