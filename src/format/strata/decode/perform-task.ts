import { blockLengthBytes, blockSizeBytes } from '../../../domain/block-size.ts';
import type { DamagedBlocks, RestoredBlocks } from '../../restore-point.ts';
import { releaseMemory } from '../record/release-memory.ts';
import type { ThreadPool } from '../transfer/threads/thread-pool.ts';
import type { DecodeJob, DecodeReply } from './decode-batch.ts';
import { decodeEntryOf, recordRoomBytes, type DecodeSlot } from './decode-slot.ts';
import type { DecodeTask } from './decode-task.ts';
import { damagedBlock, type FetchedRecord } from './fetch-section.ts';
import type { PlainItem } from './volume-section.ts';

/** A task whose blocks are in their slot, except for those with a fault. */
export type DoneTask =
  | {
      readonly kind: 'records';
      readonly records: readonly FetchedRecord[];
      readonly faults: DecodeReply;
      readonly slot: DecodeSlot;
    }
  | { readonly kind: 'plain'; readonly item: PlainItem };

/** Decodes the records of a task in a thread of `pool`. */
export async function performTask(
  task: DecodeTask,
  takeSlot: () => DecodeSlot,
  pool: ThreadPool<DecodeJob, DecodeReply>,
  sizeBytes: number,
): Promise<DoneTask> {
  if (task.kind === 'plain') return task;
  const slot = takeSlot();
  const records = task.records.map(({ index, block, bytes, keys, range }, position) => {
    const entry = decodeEntryOf(slot, position);
    entry.id.set(block.ref.id);
    entry.sessionIdBytes.set(keys.sessionIdBytes);
    entry.blockKey.set(keys.blockKey);
    // A record that is longer than any can be does not fit; what fits of it is refused.
    const recordBytes = bytes.subarray(0, recordRoomBytes);
    entry.recordRoom.set(recordBytes);
    const lengths = {
      recordLengthBytes: recordBytes.length,
      plainLengthBytes: blockLengthBytes(sizeBytes, index),
    };
    range.recordsLeft -= 1;
    if (range.recordsLeft === 0) releaseMemory(range.bytes);
    return lengths;
  });
  const faults = await pool.run({ slot: slot.buffer, records });
  return { kind: 'records', records: task.records, faults, slot };
}

/** What the reader of the volume gets: sound neighbours as one run, each damaged block by itself. */
export function* resultsOf(
  done: DoneTask,
  sizeBytes: number,
): Generator<RestoredBlocks | DamagedBlocks, void> {
  if (done.kind === 'plain') {
    yield restoredItem(done.item);
    return;
  }
  const { records, faults, slot } = done;
  let begin = 0;
  for (const [position, { block }] of records.entries()) {
    const fault = faults[position] ?? null;
    if (fault === null && position + 1 < records.length) continue;
    const end = fault === null ? position + 1 : position;
    const first = records[begin]?.index;
    if (first !== undefined && end > begin) {
      const lastLengthBytes = blockLengthBytes(
        sizeBytes,
        (first + end - 1 - begin) as typeof first,
      );
      const lengthBytes = (end - begin - 1) * blockSizeBytes + lastLengthBytes;
      const bytes = slot.blocks.subarray(begin * blockSizeBytes).subarray(0, lengthBytes);
      yield { kind: 'blocks', state: 'data', first, blockCount: end - begin, bytes };
    }
    if (fault !== null) yield damagedBlock(block, fault);
    begin = position + 1;
  }
}

function restoredItem(item: PlainItem): RestoredBlocks | DamagedBlocks {
  if (item.kind === 'damage') return item;
  const { kind: state, first, blockCount } = item;
  return { kind: 'blocks', state, first, blockCount, bytes: new Uint8Array(0) };
}
