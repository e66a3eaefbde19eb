import type { TransferCounts } from '../../../domain/backup-session/transfer-counts.ts';
import type { CommitVolume } from '../../repository.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import type { DecodedSegment, SegmentEntry } from '../object/segment.ts';
import type { PlannedParent } from '../object/transfer-plan.ts';
import type { PlanSummary } from '../plan/plan-summary.ts';
import type { ControlReader } from './control-reader.ts';

/** What became of one entry of a plan. */
export type TransferredBlock =
  | { readonly index: BlockIndex; readonly outcome: 'absent' }
  | {
      readonly index: BlockIndex;
      readonly outcome: 'read';
      readonly parent: PlannedParent;
      readonly entry: SegmentEntry;
      /** The segment that says so, for messages. */
      readonly objectKey: string;
    };

/**
 * Goes through a plan and its segments side by side. The segments must cover the plan exactly and
 * in order, and count what they hold: the writer of a segment checked it, and so does this.
 *
 * @throws INVALID_ARGUMENT when the runs leave a gap, overlap or end too early; OBJECT_CORRUPT
 */
export async function* transferredBlocks(
  reader: ControlReader,
  summary: PlanSummary,
  volume: CommitVolume,
  onCounts: (counts: TransferCounts) => void,
): AsyncGenerator<readonly TransferredBlock[]> {
  const segments = reader.segments(volume.segments);
  let position = 0;
  let current: { readonly segment: DecodedSegment; readonly objectKey: string } | null = null;
  const nextSegment = async (): Promise<typeof current> => {
    const next = await segments.next();
    if (next.done === true) return null;
    checkSegment(next.value.segment, next.value.objectKey, position, volume);
    onCounts(next.value.segment.counts);
    return next.value;
  };
  for await (const page of reader.planPages(summary)) {
    const blocks: TransferredBlock[] = [];
    for (let n = 0; n < page.count; n += 1) {
      const index = page.blockIndexAt(n);
      if (page.actionAt(n) === 'absent') {
        blocks.push({ index, outcome: 'absent' });
        continue;
      }
      while (current === null || position >= current.segment.endPlanned) {
        current = await nextSegment();
        if (current === null) throw uncovered(volume, position, summary.plannedBlocks);
      }
      const { segment, objectKey } = current;
      const entry = segment.entryAt(position - segment.firstPlanned);
      blocks.push({ index, outcome: 'read', parent: page.parentAt(n), entry, objectKey });
      position += 1;
    }
    yield blocks;
  }
  if (position !== summary.plannedBlocks) throw uncovered(volume, position, summary.plannedBlocks);
  while ((current = await nextSegment()) !== null) {
    if (current.segment.entryCount > 0) throw uncovered(volume, position, summary.plannedBlocks);
  }
}

function checkSegment(
  segment: DecodedSegment,
  objectKey: string,
  position: number,
  volume: CommitVolume,
): void {
  if (segment.firstPlanned !== position) {
    throw invalid(
      volume,
      `segment ${objectKey} begins at planned block ${segment.firstPlanned} instead of ${position}`,
    );
  }
  const found = { unchanged: 0, zero: 0, data: 0, copy: 0 };
  for (let n = 0; n < segment.entryCount; n += 1) found[segment.entryAt(n).kind] += 1;
  const { counts } = segment;
  const agrees =
    counts.blocksRead === segment.entryCount &&
    counts.blocksUnchanged === found.unchanged &&
    counts.blocksZero === found.zero &&
    counts.blocksStored + counts.blocksDeduplicated === found.data + found.copy;
  if (!agrees) throw objectCorrupt({ objectKey }, 'the segment does not hold what it counts');
}

function uncovered(volume: CommitVolume, position: number, planned: number): SnapledgerError {
  return invalid(
    volume,
    `the segments cover ${position} planned blocks, and ${planned} were to be covered exactly`,
  );
}

function invalid(volume: CommitVolume, problem: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', `volume ${volume.volumeId}: ${problem}`, {
    remedy: 'This is a defect of what called the commit; transfer the volume again.',
    details: { volumeId: volume.volumeId, planId: volume.planId },
  });
}
