import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type ImageFormat, imageFormats } from '../../index.ts';
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
import { idPrefixOf } from './arguments.ts';
import { examplesText } from './examples.ts';

interface ExportOptions {
  readonly format: ImageFormat;
  readonly to: string;
  readonly volume?: string;
}

export function addExportCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('export')
    .summary('write a volume of a restore point to a file for other programs')
    .description(
      'Write one volume of a restore point to an image file: raw (the bytes of the disk), qcow2 ' +
        '(version 3, not compressed) or vhd (fixed). Parts that hold nothing take no room. The file ' +
        'is read back before it appears under its name, and nothing that exists is replaced. If ' +
        'something in the repository is damaged the file gets another name, and a list of what is ' +
        'missing beside it.\n\n' +
        'It is a restore, and recorded as one.',
    )
    .argument('<point>', 'the id of the point, or at least its first 4 characters')
    .addOption(
      new Option('--format <format>', 'what kind of file')
        .choices(imageFormats)
        .makeOptionMandatory(),
    )
    .requiredOption('--to <file>', 'the file, which must not exist')
    .option('--volume <device>', 'which volume, by device name or volume id, if there are several')
    .addHelpText(
      'after',
      examplesText(
        {
          command: 'snapledger export 3f2a91c4 --format qcow2 --to root.qcow2',
          meaning: 'the only volume of a point',
        },
        {
          command: 'snapledger export 3f2a91c4 --format vhd --to data.vhd --volume /dev/xvdb',
          meaning: 'one of several',
        },
      ),
    )
    .action((point: string, options: ExportOptions) =>
      invoke((context) => exportVolume(context, point, options)),
    );
}

function exportVolume(
  context: CliContext,
  point: string,
  { format, to, volume }: ExportOptions,
): Promise<ExitCode> {
  const prefix = idPrefixOf(point);
  if (to === '') throw usageError("the file after '--to' is empty", 'name a file');
  const path = resolve(context.workingFolder, to);
  return withVault(context, async (vault) => {
    const { engine } = vault;
    const pointId = await engine.findPoint(prefix);
    const manifest = await pointOf(engine, pointId);
    const [only, ...others] = manifest.volumes;
    if (volume === undefined && (only === undefined || others.length > 0)) {
      const devices = manifest.volumes.map(({ device }) => device).join(', ');
      throw usageError(
        `the point has ${manifest.volumes.length} volumes, and a file holds one`,
        `name one of ${devices} with '--volume'`,
      );
    }
    const volumeIds =
      volume === undefined
        ? manifest.volumes.map(({ volumeId }) => volumeId)
        : volumeIdsIn(manifest, [volume]);
    const display = new ProgressDisplay(context);
    const session = await engine.startRestore({
      pointId,
      volumeIds,
      target: vault.imageFile({ path, format }),
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
