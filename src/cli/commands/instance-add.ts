import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CliContext, Invoke } from '../cli-context.ts';
import type { ExitCode } from '../exit-code.ts';
import { formatCount, formatSize } from '../output/format-quantity.ts';
import { printDone } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import {
  collectTag,
  collectVolume,
  collectVolumeTag,
  instanceIdOf,
  type TagArgument,
  tagsOf,
  type VolumeArgument,
  type VolumeTagArgument,
} from './arguments.ts';
import { usageError } from '../usage-error.ts';
import { examplesText } from './examples.ts';
import { instanceJson } from './instance-list.ts';

interface InstanceAddOptions {
  readonly volume: readonly VolumeArgument[];
  readonly tag?: readonly TagArgument[];
  readonly volumeTag?: readonly VolumeTagArgument[];
}

export function addInstanceAddCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('add')
    .summary('make disk images the volumes of a new instance')
    .description(
      'Make disk images of this machine the volumes of a new instance. The images stay where ' +
        'they are; a backup reads them there. The first volume is the root volume. The name of the ' +
        'instance stands in the record for ever, also when the instance is forgotten: choose one ' +
        'that says nothing of a person, and put such things into tags.',
    )
    .argument('<instance>', 'the name of the new instance')
    .requiredOption(
      '--volume <device=image>',
      'a volume: its device name, and its raw disk image (can be given several times)',
      collectVolume,
    )
    .option('--tag <key=value>', 'a tag of the instance (can be given several times)', collectTag)
    .option(
      '--volume-tag <device:key=value>',
      'a tag of a volume (can be given several times)',
      collectVolumeTag,
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
        {
          command: 'snapledger instance add web-2 --volume /dev/xvda=disk.img --tag env=prod',
          meaning: 'with a tag, by which policies can select it',
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
    tags: tagsOf((options.volumeTag ?? []).filter((tag) => tag.device === device)),
  }));
  for (const { device } of options.volumeTag ?? []) {
    if (volumes.some((volume) => volume.device === device)) continue;
    throw usageError(`the tag is for ${device}, which is no volume of it`, 'name one of --volume');
  }
  const tags = tagsOf(options.tag ?? []);
  const added = await withVault(context, (vault) =>
    vault.addInstance({ instanceId, volumes, tags }),
  );
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
