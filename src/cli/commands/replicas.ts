import type { Command } from 'commander';
import {
  type InstanceId,
  type InstanceItems,
  placeInWords,
  type ReplicaItem,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { decisionInWords, itemEntries, type ItemEntry, itemJson } from '../items/item-entries.ts';
import { formatId } from '../output/format-id.ts';
import { formatTable } from '../output/format-table.ts';
import { formatLocalMinute } from '../output/format-time.ts';
import { printResult } from '../output/print.ts';
import { targetAsJson } from '../wording/place.ts';
import { withVault } from '../with-vault.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';

export function addReplicasCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('replicas')
    .summary(
      'show the copies of snapshot sets in other regions and accounts, and why each one stays',
    )
    .description(
      'Show the replicas of an instance: the copies of its snapshot sets in other regions and accounts, and what ' +
        'retention says of each today. A replica does not need the set that it was copied from.',
    )
    .argument('<instance>', 'the instance')
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger replicas web-1', meaning: 'all of them, oldest first' }),
    )
    .action((instance: string) =>
      invoke((context) => listReplicas(context, instanceIdOf(instance))),
    );
}

async function listReplicas(context: CliContext, instanceId: InstanceId): Promise<ExitCode> {
  const items = await withVault(context, ({ engine }) => engine.describeItems(instanceId));
  const replicas = replicaEntries(items);
  await printResult(context, {
    json: replicas.map(({ entry, replica }) => {
      const { target, setId, condition } = replica;
      return { ...itemJson(entry, null), target: targetAsJson(target), setId, condition };
    }),
    people: () => (replicas.length === 0 ? ['no replicas yet'] : replicaTable(replicas)),
  });
  return exitCodes.done;
}

interface ReplicaEntry {
  readonly entry: ItemEntry;
  readonly replica: ReplicaItem;
}

function replicaEntries(items: InstanceItems): readonly ReplicaEntry[] {
  return itemEntries(items).flatMap((entry) => {
    const replica = items.history.replicas.find(({ id }) => id === entry.id);
    return replica === undefined ? [] : [{ entry, replica }];
  });
}

function replicaTable(replicas: readonly ReplicaEntry[]): readonly string[] {
  return formatTable(
    ['REPLICA', 'WHERE', 'OF SET', 'TAKEN', 'STATE', 'RETENTION', 'WHY'].map(
      (title) => ({ title, align: 'left' }) as const,
    ),
    replicas.map(({ entry, replica }) => ({
      cells: [
        formatId(entry.id),
        placeInWords(replica.target),
        formatId(replica.setId),
        formatLocalMinute(entry.takenAt),
        replica.condition,
        decisionInWords[entry.decision],
        entry.inWords,
      ],
    })),
  );
}
