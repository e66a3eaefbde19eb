import { blockCountOf, blockLengthBytes, blockSizeBytes } from '../../../domain/block-size.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockSource } from '../../../ports/block-source.ts';
import {
  idBytesOf,
  openBatchSlot,
  parentKinds,
  setFact,
  sha256sFrom,
  type BatchSlot,
} from './batch-slot.ts';
import type { CompressionEfforts } from '../../compression-effort.ts';
import type { EncodeJob } from './encode-batch.ts';
import { mapInOrder } from '../../flow/map-in-order.ts';
import type { PlannedBatch, PlannedBlock } from './read-planned-batches.ts';
import type { JobRunner } from './threads/job-runner.ts';

export interface EncodedBatch {
  readonly planned: PlannedBatch;
  /** Holds what the encoder made of each block; valid until the next iteration step. */
  readonly slot: BatchSlot;
}

export interface EncodeInOrderOptions {
  readonly batches: AsyncIterable<PlannedBatch>;
  readonly source: BlockSource;
  readonly pool: JobRunner<EncodeJob, void>;
  /** Gives the numbers that make nonces unique: `count` of them from the result on. */
  readonly takeOrdinals: (count: number) => number;
  /** Batches in flight (being read, encoded, or waiting for their turn), and so slots of memory. */
  readonly slotsMax: number;
  /** Asked for each batch. */
  readonly compression: () => CompressionEfforts;
  readonly signal: AbortSignal;
}

/**
 * Reads and encodes batches, several at a time, and yields them in the order in which they came.
 * After an error or an abort a read may still be under way, into memory that nobody looks at.
 *
 * @throws what the source or the pool threw, in the turn of that batch; the signal's reason.
 */
export async function* encodeInOrder(
  options: EncodeInOrderOptions,
): AsyncGenerator<EncodedBatch, void> {
  const free: BatchSlot[] = [];
  const encoded = mapInOrder({
    source: options.batches,
    perform: (planned) => encode(planned, free.pop() ?? openBatchSlot(), options),
    inFlightMax: options.slotsMax,
    signal: options.signal,
  });
  for await (const batch of encoded) {
    yield batch;
    free.push(batch.slot);
  }
}

async function encode(
  planned: PlannedBatch,
  slot: BatchSlot,
  { source, pool, takeOrdinals, compression }: EncodeInOrderOptions,
): Promise<EncodedBatch> {
  const firstOrdinal = takeOrdinals(planned.length);
  planned.forEach((block, position) => {
    writeFacts(slot, position, block, source);
  });
  slot.sha256s.fill(0);
  await Promise.all(readRuns(planned, slot, source));
  const blockCount = planned.length;
  await pool.run({ slot: slot.buffer, blockCount, firstOrdinal, compression: compression() });
  return { planned, slot };
}

function writeFacts(
  slot: BatchSlot,
  position: number,
  { index, parent }: PlannedBlock,
  source: BlockSource,
): void {
  if (index >= blockCountOf(source.sizeBytes)) {
    throw new SnapledgerError(
      'DISK_CHANGED',
      `block ${index} is to be read, but the disk ends at ${source.sizeBytes} bytes`,
      { remedy: 'Start a new session: the disk is smaller than when this one was planned.' },
    );
  }
  setFact(slot, position, 'lengthBytes', blockLengthBytes(source.sizeBytes, index));
  if (parent === null) setFact(slot, position, 'parentKind', parentKinds.unknown);
  else if (parent === 'zero') setFact(slot, position, 'parentKind', parentKinds.zero);
  else {
    setFact(slot, position, 'parentKind', parentKinds.block);
    idBytesOf(slot, position, 'parentId').set(parent);
  }
}

/** One read for each run of neighbouring blocks, all at the same time. */
function readRuns(planned: PlannedBatch, slot: BatchSlot, source: BlockSource): Promise<void>[] {
  const reads: Promise<void>[] = [];
  let begin = 0;
  planned.forEach(({ index }, position) => {
    const next = planned[position + 1];
    if (next?.index === index + 1) return;
    const first = planned[begin];
    if (first === undefined) return;
    const blockCount = position + 1 - begin;
    const endBytes = Math.min((index + 1) * blockSizeBytes, source.sizeBytes);
    const lengthBytes = endBytes - first.index * blockSizeBytes;
    const into = slot.blocks.subarray(begin * blockSizeBytes).subarray(0, lengthBytes);
    reads.push(source.read(first.index, blockCount, into, sha256sFrom(slot, begin)));
    begin = position + 1;
  });
  return reads;
}
