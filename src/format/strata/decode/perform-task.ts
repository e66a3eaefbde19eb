import { blockLengthBytes, blockSizeBytes } from '../../../domain/block-size.ts';
import type { DamagedBlocks, RestoredBlocks } from '../../restore-point.ts';
import type { JobRunner } from '../transfer/threads/job-runner.ts';
import type { DecodeJob, DecodeReply } from './decode-batch.ts';
import { decodeEntryOf, type DecodeSlot } from './decode-slot.ts';
import type { DecodeTask } from './decode-task.ts';
import { damagedBlock, type FetchedRecord } from './fetch-section.ts';
import type { SectionRooms } from './section-room.ts';
import type { PlainItem } from './volume-section.ts';

export interface TaskContext {
  readonly takeSlot: () => DecodeSlot;
  readonly rooms: SectionRooms;
  readonly pool: JobRunner<DecodeJob, DecodeReply>;
  /** Of the volume. */
  readonly sizeBytes: number;
}

/** A task whose blocks are in their slot, except for those with a fault. */
export type DoneTask =
  | {
      readonly kind: 'records';
      readonly records: readonly FetchedRecord[];
      readonly faults: DecodeReply;
      readonly slot: DecodeSlot;
    }
  | { readonly kind: 'plain'; readonly item: PlainItem };

/** Decodes the records of a task by `pool`, and gives their room back. */
export async function performTask(
  task: DecodeTask,
  { takeSlot, rooms, pool, sizeBytes }: TaskContext,
): Promise<DoneTask> {
  if (task.kind === 'plain') return task;
  const slot = takeSlot();
  const records = task.records.map(({ index, block, offset, room, keys }, position) => {
    const entry = decodeEntryOf(slot, position);
    entry.id.set(block.ref.id);
    entry.sessionIdBytes.set(keys.sessionIdBytes);
    entry.blockKey.set(keys.blockKey);
    return {
      room: room.buffer,
      offset,
      recordLengthBytes: block.ref.lengthBytes,
      plainLengthBytes: blockLengthBytes(sizeBytes, index),
    };
  });
  const faults = await pool.run({ slot: slot.buffer, records });
  for (const { room } of task.records) rooms.release(room, 1);
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
