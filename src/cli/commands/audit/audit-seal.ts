import type { Command } from 'commander';
import type { CliContext, Invoke } from '../../cli-context.ts';
import type { ExitCode } from '../../exit-code.ts';
import { printResult } from '../../output/print.ts';
import { printable } from '../../output/printable.ts';
import { sealExit, warnOfSeal } from '../../session/seal-warning.ts';
import { withVault } from '../../with-vault.ts';
import { examplesText } from '../examples.ts';

export function addAuditSealCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('seal')
    .summary('seal what has ended and is not sealed yet')
    .description(
      'Seal the record of every session that has ended and is not sealed yet. Sessions seal ' +
        'themselves at their end; this makes up for those that could not.',
    )
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger audit seal', meaning: 'shows the checkpoint after it' }),
    )
    .action(() => invoke(seal));
}

async function seal(context: CliContext): Promise<ExitCode> {
  const outcome = await withVault(context, ({ engine }) => engine.audit.seal());
  await warnOfSeal(context, outcome);
  const checkpoint = outcome.kind === 'sealed' ? outcome.checkpoint : null;
  await printResult(context, {
    json: outcome,
    people: () =>
      checkpoint === null
        ? [outcome.kind === 'sealed' ? 'nothing is recorded yet' : 'not sealed']
        : checkpoint.trimEnd().split('\n').map(printable),
  });
  return sealExit(outcome);
}
