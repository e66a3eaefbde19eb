import { resolve } from 'node:path';
import type { Command } from 'commander';
import type {
  Engine,
  PointRestoreRequest,
  Restorable,
  RestoreRequest,
  Vault,
  VolumeId,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import type { ExitCode } from '../exit-code.ts';
import { warn } from '../output/print.ts';
import { itemKindWords } from '../wording/item-kind.ts';
import { knownDamage } from '../point/known-damage.ts';
import { pointOf, volumeIdsIn, volumesOfPoint } from '../point/volume-ids.ts';
import { formatId } from '../output/format-id.ts';
import { ProgressDisplay } from '../session/progress-display.ts';
import { restoreResult } from '../session/restore-result.ts';
import { type RestorePlace, restorePlaceOf, type RestorePlaceOptions } from './restore-place.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { collectTag, collectText, collectVolumeTag, itemPrefixOf } from './arguments.ts';
import { examplesText } from './examples.ts';
import { launchSettingNames, volumeSettingNames } from './launch-settings.ts';
import { addRestoreConfirmCommand } from './restore-confirm.ts';
import { addRestoreUndoCommand } from './restore-undo.ts';

interface RestoreOptions extends RestorePlaceOptions {
  readonly volume?: readonly string[];
}

export function addRestoreCommand(parent: Command, invoke: Invoke): void {
  const command = parent
    .command('restore')
    .summary('make disk images, or volumes or an instance of EC2, of what was backed up')
    .description(
      'Write the volumes of a restore point to raw disk images in a folder, each named after its ' +
        'device: /dev/xvda becomes xvda.img. Parts that hold nothing take no room. An image ' +
        'appears under its name only when it is whole. Of a vault on EC2 it can make new volumes ' +
        'instead, attached to nothing; when it does not succeed it leaves none. Or an ' +
        'instance with all of them, launched as it was recorded. Or it lets the volumes of the instance ' +
        "itself give way to them: those are kept, detached, until 'restore confirm' removes them or " +
        "'restore undo' brings them back. Snapshot sets and replicas are not restored to images, but in the " +
        'region where they are.',
    )
    .argument(
      '<item>',
      'the id of a restore point, snapshot set, replica or snapshot, or at least its first 4 characters',
    )
    .option('--to <folder>', 'make images, in this folder')
    .option('--to-volumes', 'make volumes, in an availability zone')
    .option('--to-instance', 'launch an instance as it was recorded, beside the old one')
    .option('--to-original', 'let the volumes of the instance itself give way to the restored ones')
    .option('--stop', 'with --to-original: stop the instance if it runs, and start it again')
    .option(
      '--region <region>',
      'of a point: the region of the volumes or the instance (default: that of the vault)',
    )
    .option('--zone <zone>', 'availability zone of the volumes: eu-central-1a')
    .option(
      '--volume-type <type>',
      'gp3, gp2, st1, sc1 or standard (default: gp3; of an instance as recorded; in place of another the same)',
    )
    .option('--key <arn>', 'key of KMS that encrypts them (default: as the account has it)')
    .option('--unencrypted', 'without a key, also make volumes of those that were encrypted')
    .option(
      '--volume <device>',
      'only this volume, by device name or volume id (can be given several times)',
      collectText,
    )
    .option('--type <type>', 'of the instance, instead of the recorded one: m7i.large')
    .option('--subnet <subnet>', 'of the instance, instead of the recorded one')
    .option(
      '--security-group <group>',
      'of the instance, instead of the recorded ones (can be given several times)',
      collectText,
    )
    .option('--profile <profile>', 'instance profile of its role, by ARN or name, instead')
    .option('--without-profile', 'the instance gets no instance profile')
    .option('--key-name <name>', 'key pair of the instance, instead of the recorded one')
    .option('--without-key-name', 'the instance gets no key pair')
    .option(
      '--tag <key=value>',
      'of the instance, besides the recorded ones or instead of one (can be given several times)',
      collectTag,
    )
    .option('--without-tags', 'the instance gets none of the recorded tags')
    .option('--architecture <name>', 'x86_64 or arm64, where it is not recorded')
    .option('--root-device <device>', 'where it is not recorded')
    .option(
      '--launch-setting <setting=value>',
      `of the instance, instead of the recorded one: ${launchSettingNames.join(', ')} (can be given several times)`,
      collectTag,
    )
    .option(
      '--volume-setting <device:setting=value>',
      `of one volume of the instance, by its recorded device: ${volumeSettingNames.join(', ')} (can be given several times)`,
      collectVolumeTag,
    )
    .option('--overwrite', 'replace images that are there already')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger restore 3f2a91c4 --to restored', meaning: 'all volumes' },
        {
          command: 'snapledger restore 3f2a91c4 --to restored --volume /dev/xvda --overwrite',
          meaning: 'one volume, replacing restored/xvda.img',
        },
        {
          command: 'snapledger restore 3f2a91c4 --to-volumes --zone eu-central-1a',
          meaning: 'new volumes of EC2',
        },
        {
          command: 'snapledger restore snap-0a1b2c3d --to-volumes --zone eu-central-1a',
          meaning: 'the same of the set of a snapshot',
        },
        {
          command: 'snapledger restore 3f2a91c4 --to-instance --type m7i.xlarge',
          meaning: 'a new instance like the old one, but larger',
        },
        {
          command: 'snapledger restore 3f2a91c4 --to-instance --volume-setting /dev/sdf:iops=9000',
          meaning: 'one volume faster',
        },
        {
          command: 'snapledger restore 3f2a91c4 --to-original --stop',
          meaning: 'the instance itself; its volumes are kept',
        },
      ),
    )
    .action((item: string, options: RestoreOptions) =>
      invoke((context) => restore(context, item, options)),
    );
  addRestoreUndoCommand(command, invoke);
  addRestoreConfirmCommand(command, invoke);
}

function restore(context: CliContext, item: string, options: RestoreOptions): Promise<ExitCode> {
  const prefix = itemPrefixOf(item);
  const place = restorePlaceOf(options);
  return withVault(context, async (vault) => {
    const { engine } = vault;
    const found = await engine.findRestorable(prefix);
    await warnOfDamage(context, engine, found);
    const display = new ProgressDisplay(context);
    const session = await engine.startRestore({
      ...requestOf(found, targetIn(context, vault, place)),
      ...(options.volume === undefined
        ? {}
        : { volumeIds: await namedVolumes(engine, found, options.volume) }),
      signal: context.signal,
      onProgress: (progress) => void display.showRestore(progress),
    });
    return restoreResult(context, engine, session, display);
  });
}

/** What is damaged is left out of a restore and listed; it is better known before. */
async function warnOfDamage(context: CliContext, engine: Engine, found: Restorable): Promise<void> {
  if (found.kind !== 'restore-point') return;
  const marked = await knownDamage(context, engine);
  if (!marked.has(found.pointId)) return;
  await warn(
    context,
    `restore point ${formatId(found.pointId)} was found to be damaged: what is lost will be left out and listed`,
    "'snapledger repair' shows what can be healed.",
  );
}

type RestoreTarget = PointRestoreRequest['target'];

function requestOf(found: Restorable, target: RestoreTarget): RestoreRequest {
  if (found.kind === 'restore-point') return { pointId: found.pointId, target };
  const { instanceId, item } = found;
  if ('kind' in target) return { instanceId, item, target };
  throw usageError(
    `${itemKindWords[item.kind]} ${formatId(item.id)} is snapshots in the cloud, of which no images are made`,
    "restore it to volumes ('--to-volumes'), an instance ('--to-instance') or its place ('--to-original'), or restore a point",
  );
}

async function namedVolumes(
  engine: Engine,
  found: Restorable,
  names: readonly string[],
): Promise<readonly VolumeId[]> {
  if (found.kind === 'restore-point') {
    return volumeIdsIn(volumesOfPoint(await pointOf(engine, found.pointId)), names);
  }
  const what = `${itemKindWords[found.item.kind]} ${formatId(found.item.id)}`;
  return volumeIdsIn({ what, volumes: found.volumes }, names);
}

function targetIn({ workingFolder }: CliContext, vault: Vault, place: RestorePlace): RestoreTarget {
  if (place.kind !== 'folder') return place;
  const { existing } = place;
  return vault.imageFolder({ folder: resolve(workingFolder, place.folder), existing });
}
