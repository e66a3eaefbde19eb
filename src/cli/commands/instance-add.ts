import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CliContext, Invoke } from '../cli-context.ts';
import type { ExitCode } from '../exit-code.ts';
import { formatCount, formatSize } from '../output/format-quantity.ts';
import { printDone } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { type VolumeArgument, collectVolume, instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';
import { instanceJson } from './instance-list.ts';

interface InstanceAddOptions {
  readonly volume: readonly VolumeArgument[];
}

export function addInstanceAddCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('add')
    .summary('make disk images the volumes of a new instance')
    .description(
      'Make disk images of this machine the volumes of a new instance. The images stay where ' +
        'they are; a backup reads them there. The first volume is the root volume.',
    )
    .argument('<instance>', 'the name of the new instance')
    .requiredOption(
      '--volume <device=image>',
      'a volume: its device name, and its raw disk image (can be given several times)',
      collectVolume,
    )
    .addHelpText(
      'after',
      examplesText(
        {
          command: 'snapledger instance add web-1 --volume /dev/xvda=disk.img',
          meaning: 'an instance with one disk',
        },
        {
          command:
            'snapledger instance add db-1 --volume /dev/xvda=root.img --volume /dev/sdf=data.img',
          meaning: 'an instance with two disks, which are always backed up at the same moment',
        },
      ),
    )
    .action((instance: string, options: InstanceAddOptions) =>
      invoke((context) => addInstance(context, instance, options)),
    );
}

async function addInstance(
  context: CliContext,
  instance: string,
  options: InstanceAddOptions,
): Promise<ExitCode> {
  const instanceId = instanceIdOf(instance);
  const volumes = options.volume.map(({ device, imagePath }) => ({
    device,
    imagePath: resolve(context.workingFolder, imagePath),
  }));
  const added = await withVault(context, (vault) => vault.addInstance({ instanceId, volumes }));
  const sizeBytes = added.volumes.reduce((sum, volume) => sum + volume.sizeBytes, 0);
  return printDone(context, `instance ${instance} is added`, {
    json: instanceJson(added),
    people: () => [
      `instance ${instance} added: ${formatCount(added.volumes.length, 'volume')}, ` +
        `${formatSize(sizeBytes)} in all`,
      `next: snapledger policy set ${instance}`,
    ],
  });
}
