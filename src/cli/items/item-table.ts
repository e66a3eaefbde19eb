import type { PriceTable } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatTable } from '../output/format-table.ts';
import { formatLocalMinute } from '../output/format-time.ts';
import { costInWords, decisionInWords, type ItemEntry, untilInWords } from './item-entries.ts';

const kindInWords = {
  'snapshot-set': 'set',
  replica: 'replica',
  'restore-point': 'point',
} as const satisfies Record<ItemEntry['kind'], string>;

/** One line an item, of any kind. */
export function itemTable(
  entries: readonly ItemEntry[],
  prices: PriceTable | null,
): readonly string[] {
  const titles = ['KIND', 'ID', 'TAKEN', 'RETENTION', 'UNTIL'];
  const costTitles = prices === null ? [] : [costTitle(prices)];
  return formatTable(
    [...titles, ...costTitles, 'WHY'].map((title) => ({ title, align: 'left' }) as const),
    entries.map((entry) => ({
      cells: [
        kindInWords[entry.kind],
        formatId(entry.id),
        formatLocalMinute(entry.takenAt),
        decisionInWords[entry.decision],
        untilInWords(entry),
        ...(prices === null ? [] : [costInWords(entry, prices)]),
        entry.inWords,
      ],
    })),
  );
}

/** What the column of costs is, and where its numbers come from. */
export function costNote(prices: PriceTable): string {
  return (
    `${costTitle(prices)} is an estimate from the price table. <= is an upper bound: the size of the ` +
    'volumes, of which a cloud charges only what differs from other snapshots.'
  );
}

function costTitle({ currency }: PriceTable): string {
  return `EST. ${currency}/MONTH`;
}
