import type { Command } from 'commander';
import type {
  ExplainedItem,
  ExplainedReason,
  PolicyEvidence,
  PriceTable,
  TimestampMs,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { costInWords, itemEntries, type ItemEntry, itemJson } from '../items/item-entries.ts';
import { readPrices } from '../items/read-prices.ts';
import { formatId } from '../output/format-id.ts';
import { lineWidthMax } from '../output/format-table.ts';
import { formatLocalMinute, formatUtcTime } from '../output/format-time.ts';
import { printResult } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { wrapText } from '../output/wrap-text.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { releaseInWords } from '../wording/release.ts';
import { adoptionWords } from '../wording/adoption.ts';
import { keepReasonsInWords, removeReasonsInWords } from '../wording/retention.ts';
import { itemPrefixOf } from './arguments.ts';
import { examplesText } from './examples.ts';
import { parseMoment } from './moments.ts';

interface WhyOptions {
  readonly at?: TimestampMs;
  readonly prices?: string;
}

/** @param name how the command is called from the program on */
export function addWhyCommand(
  parent: Command,
  invoke: Invoke,
  name: 'why' | 'audit why' = 'why',
): void {
  parent
    .command('why')
    .summary('tell why something is still there, or why it was removed')
    .description(
      'Tell why a snapshot set, replica or restore point is there, until when by the rules of ' +
        "today, and what would release it; or when and why it was removed. With '--at' as it was at " +
        'a moment of the past, by what had been recorded then.',
    )
    .argument('<item>', 'the id of the item, or of one of its snapshots, or the first 4 characters')
    .option('--at <moment>', 'then: 2026-03-29, 2026-03-29T07:00', parseMoment)
    .option('--prices <file>', 'the price table for the estimate of its cost')
    .addHelpText(
      'after',
      examplesText(
        { command: `snapledger ${name} 3f2a91c4`, meaning: 'today' },
        { command: `snapledger ${name} 3f2a91c4 --at 2026-03-29T07:00`, meaning: 'at that moment' },
        { command: `snapledger ${name} snap-0a1b2c3d`, meaning: 'the set of that snapshot' },
      ),
    )
    .action((item: string, options: WhyOptions) =>
      invoke((context) => why(context, itemPrefixOf(item), options)),
    );
}

async function why(context: CliContext, prefix: string, options: WhyOptions): Promise<ExitCode> {
  const { at } = options;
  if (at !== undefined && at > context.now()) {
    throw usageError(
      `${formatUtcTime(at)}, after '--at', has not come yet`,
      "Give a moment of the past; 'snapledger policy simulate' tells what a policy will do.",
    );
  }
  const when = at === undefined ? {} : { at };
  const { explained, entry, prices } = await withVault(context, async ({ engine, folder }) => {
    const table = await readPrices(context, folder, options.prices);
    const found = await engine.explainItem(prefix, when);
    const entries = itemEntries(await engine.describeItems(found.instanceId, when));
    return {
      explained: found,
      entry: entries.find(({ id }) => id === found.item.id) ?? null,
      prices: table,
    };
  });
  await printResult(context, {
    json: whyJson(explained, entry, prices),
    people: () => whyLines(explained, entry, prices),
  });
  return exitCodes.done;
}

function whyJson(
  { instanceId, item, at, policyId, policyFrom, explanation, missing, adoption }: ExplainedItem,
  entry: ItemEntry | null,
  prices: PriceTable | null,
): object {
  const { id, kind } = item;
  const cost = entry === null ? {} : itemJson(entry, prices);
  const estimate = 'estimatedMonthlyCost' in cost ? cost.estimatedMonthlyCost : null;
  return {
    id,
    kind,
    instanceId,
    at: formatUtcTime(at),
    policy: policyId,
    policyFrom,
    ...withUtcTimes(explanation),
    missing: missing === null ? null : { objectKey: missing.objectKey, reason: missing.reason },
    adoption:
      adoption === null ? null : { ...adoption, adoptedAt: formatUtcTime(adoption.adoptedAt) },
    estimatedMonthlyCost: estimate,
  };
}

/** Moments that are named otherwise than timestamps are elsewhere. */
function withUtcTimes(value: unknown): object {
  const json: unknown = JSON.parse(
    JSON.stringify(value, (name, content: unknown) =>
      (name === 'until' || name === 'at') && typeof content === 'number'
        ? formatUtcTime(content)
        : content,
    ),
  );
  return typeof json === 'object' && json !== null ? json : {};
}

function whyLines(
  explained: ExplainedItem,
  entry: ItemEntry | null,
  prices: PriceTable | null,
): readonly string[] {
  const { instanceId, item, explanation } = explained;
  const { kind, id } = item;
  const what = `${kind} ${formatId(id)} of ${instanceId}, taken ${formatLocalMinute(explanation.takenAt)}`;
  const cost =
    entry === null || prices === null || explanation.state === 'removed'
      ? []
      : [`Estimated cost: ${costInWords(entry, prices)} ${prices.currency} a month.`];
  return [
    what,
    ...missingLines(explained),
    ...adoptionLines(explained),
    ...stateLines(explained),
    ...evidenceLines(explained),
    ...cost,
  ].flatMap((line) => wrapText(printable(line), lineWidthMax));
}

/** Whatever keeps it, it is not there. */
function missingLines({ missing, item: { id }, instanceId }: ExplainedItem): readonly string[] {
  if (missing === null) return [];
  return [
    `It is missing: no retention has removed it, and the repository does not have it: ${missing.reason} (${missing.objectKey}).`,
    `'snapledger restore ${id}' names what else there is of ${instanceId}. What would rule over it:`,
  ];
}

function adoptionLines({ adoption }: ExplainedItem): readonly string[] {
  if (adoption === null) return [];
  const { sessionId, adoptedAt, reason } = adoption;
  const when = `${formatLocalMinute(adoptedAt)} by session ${formatId(sessionId)}`;
  return [`It was adopted ${when}: ${adoptionWords[reason]}.`];
}

function stateLines({ item: { kind }, explanation }: ExplainedItem): readonly string[] {
  switch (explanation.state) {
    case 'stays': {
      const { until, reasons } = explanation;
      const end =
        until === null ? '' : ` until ${formatLocalMinute(until)}, by the rules as they are`;
      return [`It stays${end}, because:`, ...reasonLines(reasons, kind)];
    }
    case 'goes':
      return [
        'The next retention of the instance removes it:',
        `- ${removeReasonsInWords(explanation.reasons, kind)}`,
      ];
    case 'expired': {
      const { expiredAt, reasons, held } = explanation;
      const since =
        expiredAt === null
          ? 'It leaves the chain with the next retention'
          : `It left the chain ${formatLocalMinute(expiredAt)}`;
      return [
        `${since}: ${removeReasonsInWords(reasons, kind)}`,
        ...(held.length === 0
          ? ['Nothing keeps its data: the next retention removes it.']
          : ['Its data is still there, because:', ...reasonLines(held, kind)]),
      ];
    }
    case 'removed': {
      const { decidedAt, removedBy, reasons } = explanation;
      const when = decidedAt === null ? '' : ` ${formatLocalMinute(decidedAt)}`;
      return [
        `It was removed${when} by session ${formatId(removedBy)}: ${removeReasonsInWords(reasons, kind)}`,
      ];
    }
  }
}

/** Where it had to be inferred which policy rules over the item. */
function evidenceLines({ policyFrom, explanation }: ExplainedItem): readonly string[] {
  const source = inferredFrom[policyFrom];
  // Why something was removed stands in the record, whatever the policy was.
  if (source === null || explanation.state === 'removed') return [];
  return [`Which tags the instance had then was not recorded: its policy is told from ${source}.`];
}

const inferredFrom: Readonly<Record<PolicyEvidence, string | null>> = {
  present: null,
  'recorded-tags': null,
  'last-session': 'its last session before',
  'later-tags': 'the first tags that were recorded later',
  'present-tags': 'the tags that it has now',
};

function reasonLines(
  reasons: readonly ExplainedReason[],
  kind: ExplainedItem['item']['kind'],
): readonly string[] {
  return reasons.map(
    (explained) =>
      `- ${keepReasonsInWords([explained.reason], kind)}; until ${releaseInWords(explained)}`,
  );
}
