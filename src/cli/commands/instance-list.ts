import type { Command } from 'commander';
import type { CloudSetting, InstanceCounts, InstanceDescription, InstanceId } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import type { ExitCode } from '../exit-code.ts';
import { warnOfUnreadable } from '../items/each-instance.ts';
import { formatId } from '../output/format-id.ts';
import { formatSize } from '../output/format-quantity.ts';
import { formatTable } from '../output/format-table.ts';
import { printResult } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { examplesText } from './examples.ts';

export function addInstanceListCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('list')
    .summary('show the instances and their volumes')
    .description('Show the instances of the vault and their volumes.')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger instance list', meaning: 'one line for each volume' },
        { command: 'snapledger instance list --json', meaning: 'the same for a program' },
      ),
    )
    .action(() => invoke(listInstances));
}

/** An instance as `--json` shows it. */
export function instanceJson({ instanceId, ...description }: InstanceDescription): object {
  return { id: instanceId, ...description };
}

async function listInstances(context: CliContext): Promise<ExitCode> {
  const { cloud, instances, unreadable, counts } = await withVault(
    context,
    async ({ cloud, engine }) => ({
      cloud,
      instances: await engine.listInstances(),
      unreadable: await engine.unreadableInstances(),
      counts: await engine.instanceCounts(),
    }),
  );
  await printResult(context, {
    json: instances.map((instance) => ({
      ...instanceJson(instance),
      ...countsJson(counts.get(instance.instanceId)),
    })),
    people: () => {
      if (instances.length > 0) return instanceTable(instances, counts);
      return unreadable.length > 0 ? ['no instances that could be read'] : noInstances(cloud);
    },
  });
  return warnOfUnreadable(context, unreadable);
}

function noInstances(cloud: CloudSetting): readonly string[] {
  switch (cloud.kind) {
    case 'local':
      return [
        'no instances yet; add one: snapledger instance add web-1 --volume /dev/xvda=disk.img',
      ];
    case 'ec2':
      return [`no instances in ${cloud.region}`];
  }
}

function countsJson(counts: InstanceCounts | undefined): object {
  const { sessions = 0, snapshotSets = 0, replicas = 0, restorePoints = 0 } = counts ?? {};
  const runningSession = counts?.openSessionId ?? null;
  return { sessions, snapshotSets, replicas, restorePoints, runningSession };
}

function instanceTable(
  instances: readonly InstanceDescription[],
  counts: ReadonlyMap<InstanceId, InstanceCounts>,
): readonly string[] {
  return formatTable(
    [
      { title: 'INSTANCE', align: 'left' },
      { title: 'REGION', align: 'left' },
      { title: 'DEVICE', align: 'left' },
      { title: 'SIZE', align: 'right' },
      { title: 'VOLUME', align: 'left' },
      { title: 'SNAPSHOTS', align: 'right' },
      { title: 'POINTS', align: 'right' },
      { title: 'NOW', align: 'left' },
    ],
    instances.flatMap(({ instanceId, region, volumes }) =>
      volumes.map(({ device, sizeBytes, volumeId, role }, index) => ({
        cells: [
          instanceId,
          region,
          device,
          formatSize(sizeBytes),
          role === 'root' ? `${volumeId} (root)` : volumeId,
          // Of the instance as a whole: they stand in its first line.
          ...(index > 0 ? ['', '', ''] : countsInWords(counts.get(instanceId))),
        ],
      })),
    ),
  );
}

function countsInWords(counts: InstanceCounts | undefined): readonly string[] {
  if (counts === undefined) return ['0', '0', ''];
  const { snapshotSets, restorePoints, openSessionId } = counts;
  const now = openSessionId === null ? '' : `session ${formatId(openSessionId)}`;
  return [String(snapshotSets), String(restorePoints), now];
}
