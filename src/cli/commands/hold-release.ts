import type { Command } from 'commander';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { foundHoldJson } from '../items/holds.ts';
import { formatId } from '../output/format-id.ts';
import { printResult } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { idPrefixOf } from './arguments.ts';
import { examplesText } from './examples.ts';

export function addHoldReleaseCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('release')
    .summary('release a legal hold')
    .description(
      'Release a legal hold; from then on the rules decide about the item again. A lock cannot be ' +
        'released before its time is over.',
    )
    .argument('<hold>', "the id of the hold ('snapledger hold list'), or its first 4 characters")
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger hold release 9b1c', meaning: 'release the hold 9b1c…' }),
    )
    .action((hold: string) => invoke((context) => releaseHold(context, idPrefixOf(hold))));
}

async function releaseHold(context: CliContext, prefix: string): Promise<ExitCode> {
  const released = await withVault(context, async ({ engine }) => {
    const hold = await engine.findHold(prefix);
    await engine.releaseHold(hold.instanceId, hold.holdId);
    return hold;
  });
  await printResult(context, {
    json: foundHoldJson(released),
    people: () => [
      `hold ${formatId(released.holdId)} on ${released.item.kind} ${formatId(released.item.id)} is released`,
    ],
  });
  return exitCodes.done;
}
