import { blockSizeBytes } from '../../../domain/block-size.ts';
import { recordIdSizeBytes } from '../keys/record-id.ts';
import { recordMaxSizeBytes } from '../record/encode-record.ts';
import { sharedPageAligned } from '../../../ports/page-aligned.ts';
import { transferLimits } from './transfer-limits.ts';

/**
 * Shared memory for one batch of blocks: an entry of facts for each block, the blocks as they
 * were read, and the records made of them. The main thread and an encoder thread each look at it
 * through a `BatchSlot` of their own, and by turns.
 */
export interface BatchSlot {
  readonly buffer: SharedArrayBuffer;
  /** The facts, as 32-bit words; see `slotEntry`. */
  readonly words: Uint32Array;
  /** The SHA-256 of each block, one after the other, where the source knows it; zeros elsewhere. */
  readonly sha256s: Uint8Array;
  /** All blocks of the batch, one after the other. */
  readonly blocks: Uint8Array;
  /** Where records are written: one stride for each block. */
  readonly records: Uint8Array;
}

/** The words of one block's entry. Ids are kept in the byte order that they have on disk. */
export const slotEntry = {
  words: 32,
  /** Set by the main thread. */
  lengthBytes: 0,
  parentKind: 1,
  parentId: 2,
  /** Set by the encoder thread. */
  outcome: 10,
  recordLengthBytes: 11,
  id: 12,
} as const;

export const parentKinds = { unknown: 0, zero: 1, block: 2 } as const;
export const blockOutcomes = { unchanged: 0, zero: 1, record: 2 } as const;

/** Words of an id. */
export const idWords = recordIdSizeBytes / 4;

const blocks = transferLimits.blocksPerBatch;
const sha256Bytes = 32;
/** Keeps the blocks on a page boundary, as direct reads want them. */
const factsSizeBytes = Math.ceil((blocks * (slotEntry.words * 4 + sha256Bytes)) / 4096) * 4096;
const recordStrideBytes = Math.ceil(recordMaxSizeBytes(blockSizeBytes) / 64) * 64;
/** The memory of one slot. */
export const slotSizeBytes = factsSizeBytes + blocks * (blockSizeBytes + recordStrideBytes);

/** A slot over `buffer`; by default a new one. */
export function openBatchSlot(buffer = sharedPageAligned(slotSizeBytes)): BatchSlot {
  return {
    buffer,
    words: new Uint32Array(buffer, 0, blocks * slotEntry.words),
    sha256s: new Uint8Array(buffer, blocks * slotEntry.words * 4, blocks * sha256Bytes),
    blocks: new Uint8Array(buffer, factsSizeBytes, blocks * blockSizeBytes),
    records: new Uint8Array(buffer, factsSizeBytes + blocks * blockSizeBytes),
  };
}

/** A word of the facts about the block at `position` in the batch. */
export function factOf(
  slot: BatchSlot,
  position: number,
  fact: 'lengthBytes' | 'parentKind' | 'outcome' | 'recordLengthBytes',
): number {
  return slot.words[position * slotEntry.words + slotEntry[fact]] ?? 0;
}

export function setFact(
  slot: BatchSlot,
  position: number,
  fact: 'lengthBytes' | 'parentKind' | 'outcome' | 'recordLengthBytes',
  value: number,
): void {
  slot.words[position * slotEntry.words + slotEntry[fact]] = value;
}

/** Where an id of the block at `position` begins in `slot.words`. */
export function idOffsetWords(position: number, which: 'id' | 'parentId'): number {
  return position * slotEntry.words + slotEntry[which];
}

/** A view of that id. */
export function idBytesOf(slot: BatchSlot, position: number, which: 'id' | 'parentId'): Uint8Array {
  return new Uint8Array(slot.buffer, idOffsetWords(position, which) * 4, recordIdSizeBytes);
}

/** The SHA-256 that the source has told of the block at `position`; null: it did not. */
export function knownSha256Of(slot: BatchSlot, position: number): Uint8Array | null {
  const sha256 = sha256sFrom(slot, position).subarray(0, sha256Bytes);
  return sha256.every((byte) => byte === 0) ? null : sha256;
}

/** Where a source leaves what it knows of the block at `position` and those after it. */
export function sha256sFrom(slot: BatchSlot, position: number): Uint8Array {
  return slot.sha256s.subarray(position * sha256Bytes);
}

/** The block at `position`, as long as its facts say. */
export function blockBytesOf(slot: BatchSlot, position: number): Uint8Array {
  const begin = position * blockSizeBytes;
  return slot.blocks.subarray(begin, begin + factOf(slot, position, 'lengthBytes'));
}

/** The room for the record of the block at `position`, or the record once it is made. */
export function recordRoomOf(slot: BatchSlot, position: number): Uint8Array {
  const begin = position * recordStrideBytes;
  return slot.records.subarray(begin, begin + recordStrideBytes);
}
