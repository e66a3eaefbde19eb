import type { Command } from 'commander';
import type { CollectionForecast, KnownWriter } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount } from '../output/format-quantity.ts';
import { formatTable } from '../output/format-table.ts';
import { printResult } from '../output/print.ts';
import { withVault } from '../with-vault.ts';
import { dataInWords, heldInWords } from '../wording/repository-events.ts';
import { examplesText } from './examples.ts';

export function addGcPlanCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('plan')
    .summary('show what a collection would free')
    .description(
      "Show how much of the repository no restore point needs any more, and what 'snapledger gc " +
        "run' would remove of it now. Nothing is changed. Data that a session which has not ended " +
        'may still know is removed only after its end; those sessions are listed.',
    )
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger gc plan', meaning: 'what could be freed' }),
    )
    .action(() => invoke(planCollection));
}

async function planCollection(context: CliContext): Promise<ExitCode> {
  const { signal } = context;
  const forecast = await withVault(context, ({ engine }) => engine.planCollection({ signal }));
  await printResult(context, { json: forecast, people: () => forecastInWords(forecast) });
  return exitCodes.done;
}

function forecastInWords(forecast: CollectionForecast): readonly string[] {
  const { inUse, removable, awaiting, held, unexplained, leftovers, writers } = forecast;
  return [
    `in use       ${dataInWords(inUse)}`,
    `removable    ${dataInWords(removable)}`,
    `waiting      ${dataInWords(awaiting)}`,
    ...(held.objects === 0 ? [] : [`held         ${heldInWords(held)}`]),
    ...(unexplained.objects === 0 ? [] : [`unexplained  ${dataInWords(unexplained)}: kept`]),
    ...(leftovers === 0
      ? []
      : [`leftovers    ${formatCount(leftovers, 'rest')} of sessions that have ended`]),
    ...(writers.length === 0 ? [] : ['', ...writerTable(writers)]),
  ];
}

function writerTable(writers: readonly KnownWriter[]): readonly string[] {
  return formatTable(
    [
      { title: 'OPEN SESSION', align: 'left' },
      { title: 'OF', align: 'left' },
      { title: 'STATE', align: 'left' },
    ],
    writers.map((writer) => ({
      cells: [formatId(writer.sessionId), writer.instanceId ?? '', conditionInWords(writer)],
    })),
  );
}

function conditionInWords({ condition, sessionId }: KnownWriter): string {
  switch (condition) {
    case 'at-work':
      return 'at work';
    case 'interrupted':
      return "interrupted: 'snapledger resume' brings it to its end";
    case 'ended':
      return "has ended: 'snapledger gc run' closes it";
    case 'unknown':
      return `not in this vault: 'snapledger gc run --fence ${sessionId}' ends it for good`;
  }
}
