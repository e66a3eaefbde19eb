import type { Command } from 'commander';
import type { ConfirmationPlan } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatCount } from '../output/format-quantity.ts';
import { formatTable } from '../output/format-table.ts';
import { printResult } from '../output/print.ts';
import { restoreResult } from '../session/restore-result.ts';
import { withVault } from '../with-vault.ts';
import { idPrefixOf } from './arguments.ts';
import { examplesText } from './examples.ts';
import { refuseOptionsAbove } from './own-options.ts';

interface ConfirmOptions {
  readonly yes?: true;
}

export function addRestoreConfirmCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('confirm')
    .summary('remove the volumes that a restore to the original place has kept')
    .description(
      'Say that nobody needs the volumes any more that a restore to the original place has kept. ' +
        "Shows which would go; with '--yes' they go. What is attached to anything stays. It cannot be " +
        'undone after that.',
    )
    .argument('<session>', 'the id of the restore, or at least its first 4 characters')
    .option('--yes', 'remove them')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger restore confirm 7c1d20aa', meaning: 'which volumes would go' },
        { command: 'snapledger restore confirm 7c1d20aa --yes', meaning: 'remove them' },
      ),
    )
    .action((session: string, _: unknown, command: Command) =>
      invoke((context) => {
        refuseOptionsAbove(command);
        return confirm(context, session, command.opts<ConfirmOptions>());
      }),
    );
}

function confirm(context: CliContext, session: string, { yes }: ConfirmOptions): Promise<ExitCode> {
  const prefix = idPrefixOf(session);
  return withVault(context, async ({ engine }) => {
    const sessionId = await engine.findSession(prefix);
    if (yes === true) {
      const confirming = await engine.confirmRestore({ sessionId, signal: context.signal });
      return restoreResult(context, engine, confirming);
    }
    const plan = await engine.planConfirmation(sessionId);
    await printResult(context, { json: plan, people: () => inWords(plan) });
    return exitCodes.done;
  });
}

const stateWords = {
  free: 'would go',
  'in-use': 'stays: it is attached',
  gone: 'is gone already',
} as const satisfies Record<ConfirmationPlan['kept'][number]['state'], string>;

function inWords({ kept }: ConfirmationPlan): readonly string[] {
  if (kept.length === 0) return ['the restore keeps no volume'];
  const going = kept.filter(({ state }) => state === 'free').length;
  return [
    ...formatTable(
      ['DEVICE', 'KEPT VOLUME', 'WHAT'].map((title) => ({ title, align: 'left' }) as const),
      kept.map(({ device, volumeId, state }) => ({ cells: [device, volumeId, stateWords[state]] })),
    ),
    ...(going === 0
      ? []
      : ['', `${formatCount(going, 'volume')} would go: repeat the command with '--yes'`]),
  ];
}
