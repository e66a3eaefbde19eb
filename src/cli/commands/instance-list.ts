import type { Command } from 'commander';
import type { InstanceDescription } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
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
  const instances = await withVault(context, ({ engine }) => engine.listInstances());
  await printResult(context, {
    json: instances.map(instanceJson),
    people: () => (instances.length === 0 ? noInstances : instanceTable(instances)),
  });
  return exitCodes.done;
}

const noInstances = [
  'no instances yet; add one: snapledger instance add web-1 --volume /dev/xvda=disk.img',
];

function instanceTable(instances: readonly InstanceDescription[]): readonly string[] {
  return formatTable(
    [
      { title: 'INSTANCE', align: 'left' },
      { title: 'REGION', align: 'left' },
      { title: 'DEVICE', align: 'left' },
      { title: 'SIZE', align: 'right' },
      { title: 'VOLUME', align: 'left' },
    ],
    instances.flatMap(({ instanceId, region, volumes }) =>
      volumes.map(({ device, sizeBytes, volumeId, role }) => ({
        cells: [
          instanceId,
          region,
          device,
          formatSize(sizeBytes),
          role === 'root' ? `${volumeId} (root)` : volumeId,
        ],
      })),
    ),
  );
}
