import { blockSizeBytes } from '../../../domain/block-size.ts';
import { uuidSizeBytes } from '../encoding/uuid-bytes.ts';
import { keySizeBytes } from '../keys/repository-keys.ts';
import { recordIdSizeBytes } from '../keys/record-id.ts';
import { pageSizeBytes, sharedPageAligned } from '../../../ports/page-aligned.ts';
import { decodeLimits } from './decode-limits.ts';

/** Shared memory for the blocks of one batch of records. */
export interface DecodeSlot {
  readonly buffer: SharedArrayBuffer;
  /** The content of the blocks, one after the other. */
  readonly blocks: Uint8Array;
}

/** What belongs to one block of a slot, as views of the shared memory. */
export interface DecodeEntry {
  readonly id: Uint8Array;
  readonly sessionIdBytes: Uint8Array;
  /** B_s of that session. */
  readonly blockKey: Uint8Array;
  readonly blockRoom: Uint8Array;
}

const blocks = decodeLimits.blocksPerBatch;
const factsStrideBytes = 128;
/** Keeps the blocks on a page boundary, so that they can be written from where they are. */
const factsSizeBytes = Math.ceil((blocks * factsStrideBytes) / pageSizeBytes) * pageSizeBytes;
const slotSizeBytes = factsSizeBytes + blocks * blockSizeBytes;

/** A slot over `buffer`; by default a new one. */
export function openDecodeSlot(buffer = sharedPageAligned(slotSizeBytes)): DecodeSlot {
  return { buffer, blocks: new Uint8Array(buffer, factsSizeBytes, blocks * blockSizeBytes) };
}

export function decodeEntryOf({ buffer }: DecodeSlot, position: number): DecodeEntry {
  const facts = position * factsStrideBytes;
  const sessionOffset = facts + recordIdSizeBytes;
  const keyOffset = sessionOffset + uuidSizeBytes;
  return {
    id: new Uint8Array(buffer, facts, recordIdSizeBytes),
    sessionIdBytes: new Uint8Array(buffer, sessionOffset, uuidSizeBytes),
    blockKey: new Uint8Array(buffer, keyOffset, keySizeBytes),
    blockRoom: new Uint8Array(buffer, factsSizeBytes + position * blockSizeBytes, blockSizeBytes),
  };
}

/** Erases the keys in the slot. */
export function eraseDecodeSlot({ buffer }: DecodeSlot): void {
  new Uint8Array(buffer, 0, factsSizeBytes).fill(0);
}
