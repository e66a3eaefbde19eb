import { resolve } from 'node:path';
import type { Command } from 'commander';
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
  readonly to: string;
  readonly volume?: readonly string[];
  readonly overwrite?: true;
}

export function addRestoreCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('restore')
    .summary('write the volumes of a restore point to disk images')
    .description(
      'Write the volumes of a restore point to raw disk images in a folder, each named after its ' +
        'device: /dev/xvda becomes xvda.img. Parts that hold nothing take no room. An image ' +
        'appears under its name only when it is whole.',
    )
    .argument('<point>', 'the id of the point, or at least its first 4 characters')
    .requiredOption('--to <folder>', 'where the images are made')
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
      ),
    )
    .action((point: string, options: RestoreOptions) =>
      invoke((context) => restore(context, point, options)),
    );
}

function restore(context: CliContext, point: string, options: RestoreOptions): Promise<ExitCode> {
  const prefix = idPrefixOf(point);
  if (options.to === '') throw usageError("the folder after '--to' is empty", 'name a folder');
  const folder = resolve(context.workingFolder, options.to);
  return withVault(context, async (vault) => {
    const { engine } = vault;
    const pointId = await engine.findPoint(prefix);
    const { volume: names } = options;
    const chosen =
      names === undefined ? {} : { volumeIds: volumeIdsIn(await pointOf(engine, pointId), names) };
    const existing = options.overwrite === true ? 'overwrite' : 'refuse';
    const display = new ProgressDisplay(context);
    const session = await engine.startRestore({
      pointId,
      ...chosen,
      target: vault.imageFolder({ folder, existing }),
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
