import type { CommitVolume } from '../../repository.ts';
import type { IndexEntry } from '../image/index-entry.ts';
import type { PartList } from '../image/part-list.ts';
import { invalid } from '../object/refusals.ts';
import type { PlanEntry } from '../plan/plan-entry.ts';
import { type PlanSummary, readPlanPages } from '../plan/plan-summary.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { readSegment, type StoredSegment } from '../transfer/segment.ts';

/**
 * The entries of a volume's image: what the segments say of the blocks that were to be read, and
 * what has become absent. Blocks that are as in the parent have none.
 *
 * @param onSegment is told of each segment that counts
 * @throws INVALID_ARGUMENT when the segments do not cover the plan exactly
 */
export async function* committedEntries(
  context: RepositoryContext,
  volume: CommitVolume,
  plan: PlanSummary,
  parts: PartList,
  onSegment: (segment: StoredSegment) => void,
): AsyncGenerator<IndexEntry, void> {
  const { objectStore } = context;
  const envelope = context.controlEnvelope(volume.sessionId);
  const read = new ReadBlocks(segmentEntries(context, volume, plan, parts, onSegment));
  for await (const { entries } of readPlanPages(objectStore, envelope, volume, plan)) {
    for (const { first, count, task } of entries) {
      if (task === 'absent') yield { first, count, state: 'absent', record: null };
      else yield* read.take(first, count);
    }
  }
  await read.finish();
}

/** What the segments say, one behind the other, with the numbers that their parts have here. */
async function* segmentEntries(
  context: RepositoryContext,
  volume: CommitVolume,
  { plannedBlocks }: PlanSummary,
  parts: PartList,
  onSegment: (segment: StoredSegment) => void,
): AsyncGenerator<IndexEntry, void> {
  const envelope = context.controlEnvelope(volume.sessionId);
  let position = 0;
  for (const { attempt, firstSegment, endSegment } of volume.segments) {
    for (let number = firstSegment; number < endSegment; number += 1) {
      const segment = await readSegment(context.objectStore, envelope, volume, attempt, number);
      if (segment === null) throw invalid(`attempt ${attempt} has posted no segment ${number}`);
      if (segment.firstPlanned !== position) throw invalid('the segments leave a gap, or overlap');
      position = segment.endPlanned;
      onSegment(segment);
      const part = segment.part === null ? null : parts.add(segment.part);
      for (const entry of segment.entries) {
        if (entry.state !== 'data') yield entry;
        else if (part === null) throw invalid('a segment has records, and no part');
        else yield { ...entry, record: { ...entry.record, part } };
      }
    }
  }
  if (position !== plannedBlocks) throw invalid('the segments do not cover the plan');
}

/** Takes blocks off the segments in the order of the plan. */
class ReadBlocks {
  readonly #entries: AsyncGenerator<IndexEntry, void>;
  #left: IndexEntry | null = null;

  constructor(entries: AsyncGenerator<IndexEntry, void>) {
    this.#entries = entries;
  }

  async *take(
    first: PlanEntry['first'],
    count: PlanEntry['count'],
  ): AsyncGenerator<IndexEntry, void> {
    let at = first;
    const end = first + count;
    while (at < end) {
      const entry: IndexEntry | null = this.#left ?? (await this.#next());
      if (entry?.first !== at) throw invalid('the segments do not cover the plan');
      const taken = Math.min(entry.count, end - at);
      this.#left = null;
      if (entry.state === 'data') yield entry;
      else {
        if (taken < entry.count) {
          this.#left = { ...entry, first: at + taken, count: entry.count - taken };
        }
        if (entry.state !== 'same') yield { ...entry, count: taken };
      }
      at += taken;
    }
  }

  /** @throws INVALID_ARGUMENT when there is more than was planned */
  async finish(): Promise<void> {
    if (this.#left !== null || (await this.#next()) !== null) {
      throw invalid('the segments cover more than the plan');
    }
  }

  async #next(): Promise<IndexEntry | null> {
    const { done, value } = await this.#entries.next();
    return done === true ? null : value;
  }
}
