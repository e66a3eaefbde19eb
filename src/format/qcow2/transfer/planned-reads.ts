import type { BlockBefore, PlanEntry } from '../plan/plan-entry.ts';
import { transferLimits } from './transfer-limits.ts';

/** Neighbouring blocks to be read at once. */
export interface PlannedRead {
  readonly first: number;
  readonly count: number;
  /** Of each of them. */
  readonly before: readonly BlockBefore[];
}

/** The reads of a plan from the block on that is read as number `firstPlanned`. */
export async function* plannedReads(
  pages: AsyncIterable<{ readonly position: number; readonly entries: Iterable<PlanEntry> }>,
  firstPlanned: number,
): AsyncGenerator<PlannedRead, void> {
  for await (const { position: pagePosition, entries } of pages) {
    let position = pagePosition;
    let first = 0;
    let before: BlockBefore[] = [];
    for (const block of blocksToRead(entries)) {
      position += 1;
      if (position <= firstPlanned) continue;
      const isNext = before.length > 0 && block.index === first + before.length;
      if (before.length > 0 && (!isNext || before.length === transferLimits.blocksPerRead)) {
        yield { first, count: before.length, before };
        before = [];
      }
      if (before.length === 0) first = block.index;
      before.push(block.before);
    }
    if (before.length > 0) yield { first, count: before.length, before };
  }
}

function* blocksToRead(
  entries: Iterable<PlanEntry>,
): Generator<{ readonly index: number; readonly before: BlockBefore }> {
  for (const { first, count, task, before } of entries) {
    if (task === 'absent') continue;
    for (let index = first; index < first + count; index += 1) yield { index, before };
  }
}
