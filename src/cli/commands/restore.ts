import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Engine, Vault, VolumesTarget } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, worstOf } from '../exit-code.ts';
import { printDone } from '../output/print.ts';
import { pointOf, volumeIdsIn } from '../point/volume-ids.ts';
import { ProgressDisplay } from '../session/progress-display.ts';
import { sealExit } from '../session/seal-warning.ts';
import { sessionExit } from '../session/session-exit.ts';
import { endedSessionJson } from '../session/session-json.ts';
import { endInWords, resultInWords, sessionResult } from '../session/session-result.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { collectText, idPrefixOf } from './arguments.ts';
import { examplesText } from './examples.ts';

interface RestoreOptions {
  readonly to?: string;
  readonly toVolumes?: true;
  readonly zone?: string;
  readonly volumeType?: string;
  readonly key?: string;
  readonly unencrypted?: true;
  readonly volume?: readonly string[];
  readonly overwrite?: true;
}

export function addRestoreCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('restore')
    .summary('make disk images, or volumes of EC2, of a restore point')
    .description(
      'Write the volumes of a restore point to raw disk images in a folder, each named after its ' +
        'device: /dev/xvda becomes xvda.img. Parts that hold nothing take no room. An image ' +
        'appears under its name only when it is whole. Of a vault on EC2 it can make new volumes ' +
        'instead, attached to nothing; when it does not succeed it leaves none.',
    )
    .argument('<point>', 'the id of the point, or at least its first 4 characters')
    .option('--to <folder>', 'make images, in this folder')
    .option('--to-volumes', 'make volumes in the region of the vault')
    .option('--zone <zone>', 'availability zone of the volumes: eu-central-1a')
    .option('--volume-type <type>', 'gp3, gp2, st1, sc1 or standard (default: gp3)')
    .option('--key <arn>', 'key of KMS that encrypts them (default: as the account has it)')
    .option('--unencrypted', 'without a key, also make volumes of those that were encrypted')
    .option(
      '--volume <device>',
      'only this volume, by device name or volume id (can be given several times)',
      collectText,
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
      ),
    )
    .action((point: string, options: RestoreOptions) =>
      invoke((context) => restore(context, point, options)),
    );
}

function restore(context: CliContext, point: string, options: RestoreOptions): Promise<ExitCode> {
  const prefix = idPrefixOf(point);
  const place = placeOf(options);
  return withVault(context, async (vault) => {
    const { engine } = vault;
    const pointId = await engine.findPoint(prefix);
    const { volume: names } = options;
    const chosen =
      names === undefined ? {} : { volumeIds: volumeIdsIn(await pointOf(engine, pointId), names) };
    const display = new ProgressDisplay(context);
    const session = await engine.startRestore({
      pointId,
      ...chosen,
      target: targetIn(context, vault, place),
      signal: context.signal,
      onProgress: (progress) => void display.showRestore(progress),
    });
    const result = await sessionResult(context, engine, session, display);
    const printed = await printDone(context, endInWords(result.summary), {
      json: endedSessionJson(result.summary, result.state),
      people: () => resultInWords(result),
    });
    return worstOf([sessionExit(result.summary), sealExit(result.seal), printed]);
  });
}

type Place =
  | { readonly kind: 'folder'; readonly folder: string; readonly existing: 'refuse' | 'overwrite' }
  | VolumesTarget;

/** Where the options say that the restore goes: to one place. */
function placeOf(options: RestoreOptions): Place {
  const { to, toVolumes, zone, volumeType, key, unencrypted, overwrite } = options;
  if (toVolumes === undefined) {
    const inClear = unencrypted === true ? '--unencrypted' : undefined;
    const stray = [zone, volumeType, key, inClear].find((option) => option !== undefined);
    if (stray !== undefined) {
      throw usageError(
        `'${stray}' is said of volumes, and none are to be made`,
        "add '--to-volumes'",
      );
    }
    if (to === undefined) {
      throw usageError('nothing says where to restore', "add '--to FOLDER' or '--to-volumes'");
    }
    if (to === '') throw usageError("the folder after '--to' is empty", 'name a folder');
    return { kind: 'folder', folder: to, existing: overwrite === true ? 'overwrite' : 'refuse' };
  }
  if (to !== undefined || overwrite === true) {
    throw usageError(
      'images and volumes are asked for at once',
      "leave '--to' and '--overwrite' out",
    );
  }
  if (zone === undefined || !/^[a-z0-9-]+$/.test(zone)) {
    throw usageError('volumes need an availability zone', "name it: '--zone eu-central-1a'");
  }
  return {
    kind: 'volumes',
    availabilityZone: zone,
    volumeType: volumeType ?? 'gp3',
    keyId: key ?? null,
    ...(unencrypted === true ? { unencrypted: 'accept' } : {}),
  };
}

function targetIn(
  { workingFolder }: CliContext,
  vault: Vault,
  place: Place,
): Parameters<Engine['startRestore']>[0]['target'] {
  if (place.kind === 'volumes') return place;
  const { existing } = place;
  return vault.imageFolder({ folder: resolve(workingFolder, place.folder), existing });
}
