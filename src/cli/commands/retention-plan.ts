import type { Command } from 'commander';
import type { Engine, InstanceId, InstanceItems, PriceTable } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import type { ExitCode } from '../exit-code.ts';
import { expectAnswers, ofEachInstance, warnOfUnreadable } from '../items/each-instance.ts';
import { itemEntries, type ItemEntry, itemJson } from '../items/item-entries.ts';
import { costNote, itemTable } from '../items/item-table.ts';
import { readPrices } from '../items/read-prices.ts';
import { lineWidthMax } from '../output/format-table.ts';
import { formatCount } from '../output/format-quantity.ts';
import { printResult } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { wrapText } from '../output/wrap-text.ts';
import { withVault } from '../with-vault.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';

interface RetentionPlanOptions {
  readonly prices?: string;
}

export function addRetentionPlanCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('plan')
    .summary('show what retention would remove now, without removing it')
    .description(
      'Show every snapshot set, replica and restore point, and what retention would do with each ' +
        'if it ran now, with all reasons. Nothing is removed and nothing is recorded.\n\n' +
        'With a price table (prices.json in the vault, or --prices) it also says what keeping each ' +
        'item costs a month: an estimate, from the prices in that file. For snapshots and replicas ' +
        'it is an upper bound, because a cloud charges only what differs from other snapshots.',
    )
    .argument('[instance]', 'default: all instances')
    .option('--prices <file>', 'the price table to estimate with')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger retention plan web-1', meaning: 'one instance' },
        {
          command: 'snapledger retention plan --prices prices.json --json',
          meaning: 'all instances with estimates, for a program',
        },
      ),
    )
    .action((instance: string | undefined, options: RetentionPlanOptions) =>
      invoke((context) =>
        showPlan(context, instance === undefined ? null : instanceIdOf(instance), options),
      ),
    );
}

function showPlan(
  context: CliContext,
  only: InstanceId | null,
  options: RetentionPlanOptions,
): Promise<ExitCode> {
  return withVault(context, async ({ engine, folder }) => {
    const prices = await readPrices(context, folder, options.prices);
    const instances = only === null ? await everyInstance(engine) : [only];
    const { answers, unreadable } = expectAnswers(
      await ofEachInstance(instances, (instanceId) => engine.describeItems(instanceId)),
    );
    const all = answers.map((items) => ({ items, entries: itemEntries(items) }));
    await printResult(context, {
      json: all.flatMap(({ entries }) => entries).map((entry) => itemJson(entry, prices)),
      people: () => [
        ...all
          .flatMap(({ items, entries }) => [...planLines(items, entries, prices), ''])
          .slice(0, -1),
        ...(prices === null ? [] : ['', ...wrapText(costNote(prices), lineWidthMax)]),
      ],
    });
    return warnOfUnreadable(context, unreadable);
  });
}

/** Also those that were removed, of which something may be left. */
async function everyInstance(engine: Engine): Promise<readonly InstanceId[]> {
  const [instances, sessions] = [await engine.listInstances(), await engine.listSessions()];
  const unreadable = await engine.unreadableInstances();
  const ids = [...instances, ...unreadable, ...sessions].flatMap(
    ({ instanceId }) => instanceId ?? [],
  );
  return [...new Set(ids)].sort();
}

function planLines(
  { instanceId, policy }: InstanceItems,
  entries: readonly ItemEntry[],
  prices: PriceTable | null,
): readonly string[] {
  const by = policy === null ? 'no policy covers it' : `policy ${policy.policyId}`;
  const going = entries.filter(({ decision }) => decision === 'remove').length;
  const summary = `${printable(instanceId)} (${printable(by)}): ${formatCount(entries.length, 'item')}, ${going} to remove`;
  if (entries.length === 0) return [summary];
  return [summary, ...itemTable(entries, prices)];
}
