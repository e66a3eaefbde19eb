import type { Command } from 'commander';
import type { StateDifference } from '../../../index.ts';
import type { CliContext, Invoke } from '../../cli-context.ts';
import { type ExitCode, exitCodes } from '../../exit-code.ts';
import { printResult } from '../../output/print.ts';
import { printable } from '../../output/printable.ts';
import { withVault } from '../../with-vault.ts';
import { idPrefixOf, parseWholeNumber } from '../arguments.ts';
import { examplesText } from '../examples.ts';

interface DiffOptions {
  readonly from: number;
  readonly to: number;
}

export function addAuditDiffCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('diff')
    .summary('show how the state of a session changed between two of its events')
    .description('Show what of a session was different after one of its events and after another.')
    .argument('<session>', 'the id of the session, or at least its first 4 characters')
    .requiredOption('--from <revision>', 'the number of the earlier event', parseWholeNumber)
    .requiredOption('--to <revision>', 'the number of the later event', parseWholeNumber)
    .addHelpText(
      'after',
      examplesText({
        command: 'snapledger audit diff 3f2a91c4 --from 4 --to 9',
        meaning: 'what events 5 to 9 changed',
      }),
    )
    .action((session: string, options: DiffOptions) =>
      invoke((context) => diff(context, idPrefixOf(session), options)),
    );
}

async function diff(context: CliContext, prefix: string, range: DiffOptions): Promise<ExitCode> {
  const differences = await withVault(context, async ({ engine }) =>
    engine.audit.diff(await engine.findSession(prefix), range),
  );
  await printResult(context, {
    json: differences.map(({ path, before, after }) => ({
      id: path,
      path,
      before: before ?? null,
      after: after ?? null,
    })),
    people: () => (differences.length === 0 ? ['nothing changed'] : differences.flatMap(inWords)),
  });
  return exitCodes.done;
}

function inWords({ path, before, after }: StateDifference): readonly string[] {
  return [printable(path), `  - ${valueInWords(before)}`, `  + ${valueInWords(after)}`];
}

function valueInWords(value: unknown): string {
  return value === undefined ? '(not there)' : printable(JSON.stringify(value));
}
