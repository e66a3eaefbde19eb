import type { Command } from 'commander';
import type { Hold, TimestampMs } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { holdJson, holdTable } from '../items/holds.ts';
import { printResult } from '../output/print.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { itemPrefixOf } from './arguments.ts';
import { examplesText } from './examples.ts';
import { parseMoment } from './moments.ts';

interface HoldPlaceOptions {
  readonly until?: TimestampMs;
  readonly legal?: string;
}

export function addHoldPlaceCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('place')
    .summary('forbid the removal of a snapshot set, replica or restore point')
    .description(
      'Forbid the removal of a snapshot set, a replica or a restore point, whatever its policy ' +
        'says: until a moment (a lock, which nobody can release before), or until it is released (a ' +
        'legal hold). Can be done while a backup runs: whichever is recorded first wins, the hold or ' +
        'the removal.',
    )
    .argument('<item>', 'the id of the item, or at least its first 4 characters')
    .option('--until <moment>', 'lock it until then: 2027-01-01, 2027-01-01T07:00', parseMoment)
    .option('--legal <note>', 'hold it until the hold is released; the note says why')
    .addHelpText(
      'after',
      examplesText(
        {
          command: 'snapledger hold place 3f2a91c4 --until 2027-01-01',
          meaning: 'nobody can remove it before 2027',
        },
        {
          command: 'snapledger hold place 3f2a91c4 --legal "case 12/2026"',
          meaning: 'it stays until the hold is released',
        },
      ),
    )
    .action((item: string, options: HoldPlaceOptions) =>
      invoke((context) => placeHold(context, itemPrefixOf(item), holdOf(options))),
    );
}

function holdOf({ until, legal }: HoldPlaceOptions): Hold {
  if (until !== undefined && legal === undefined) return { kind: 'lock', until };
  if (legal !== undefined && until === undefined) {
    // Nobody could tell later whether it may be released.
    if (legal.trim() === '') throw usageError('the note of a legal hold is empty', 'say why');
    return { kind: 'legal-hold', note: legal };
  }
  throw usageError(
    'a hold is either a lock or a legal hold',
    "give either '--until MOMENT' or '--legal NOTE'",
  );
}

async function placeHold(context: CliContext, prefix: string, hold: Hold): Promise<ExitCode> {
  const placed = await withVault(context, async ({ engine }) =>
    engine.placeHold(await engine.findItem(prefix), hold),
  );
  await printResult(context, { json: holdJson(placed), people: () => holdTable([placed]) });
  return exitCodes.done;
}
