import { digestSizeBytes, pageBlocks } from '../changed-blocks/digest-page.ts';

/**
 * One page (at most 4,096 blocks) of one disk, for all scan threads together: each takes the next
 * chunk from the shared cursor until none is left.
 */
export interface ScanTask {
  readonly sourceFd: number;
  /** The source once more, for direct reads; null where it is read through the page cache only. */
  readonly directFd: number | null;
  /** Where what is not zero is written, at the same offsets; null to read only. */
  readonly targetFd: number | null;
  readonly sizeBytes: number;
  readonly firstBlock: number;
  readonly blockCount: number;
  readonly shared: SharedArrayBuffer;
}

/** What one thread has to say at the end of a task. */
export type ScanReply =
  | { readonly kind: 'done' }
  /** The disk ended before its size. */
  | { readonly kind: 'source-ended'; readonly offset: number }
  | {
      readonly kind: 'failed';
      readonly side: 'source' | 'target';
      /** Taken apart: an error that is sent to another thread loses its code. */
      readonly errno: string;
      readonly message: string;
    };

/** Blocks that a thread takes at once: 1 MiB stays in the processor's cache from read to write. */
export const chunkBlocks = 2;

/** What the threads share: who takes which chunk, and what they found of each block. */
export interface ScanPage {
  /** The next chunk that nobody took. */
  readonly cursor: Int32Array;
  /** One byte for each block: 1 when it has content other than zeros. */
  readonly filled: Uint8Array;
  /** SHA-256 of each filled block. */
  readonly digests: Uint8Array;
}

const cursorSizeBytes = 8;

export function allocateScanPage(): SharedArrayBuffer {
  return new SharedArrayBuffer(cursorSizeBytes + pageBlocks * (1 + digestSizeBytes));
}

export function scanPageOf(shared: SharedArrayBuffer): ScanPage {
  return {
    cursor: new Int32Array(shared, 0, 1),
    filled: new Uint8Array(shared, cursorSizeBytes, pageBlocks),
    digests: new Uint8Array(shared, cursorSizeBytes + pageBlocks, pageBlocks * digestSizeBytes),
  };
}

/** How many blocks of the page the threads have taken; they are still at a few of them. */
export function blocksTakenOf({ cursor }: ScanPage): number {
  return Atomics.load(cursor, 0) * chunkBlocks;
}

/** Ends a task early: no thread finds a chunk any more after the one that it is at. */
export function takeAllChunks({ shared, blockCount }: ScanTask): void {
  Atomics.store(scanPageOf(shared).cursor, 0, blockCount);
}
