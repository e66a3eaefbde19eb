import { createHash } from 'node:crypto';
import { blockSizeBytes } from '../domain/block-size.ts';
import type { BlockSource } from '../ports/block-source.ts';

/** A block of a test volume: never written, all zero, or content that its name stands for. */
export type ModelBlock = 'absent' | 'zero' | `text-${number}` | `noise-${number}`;

/** What a volume is, block by block; the last block may be short. */
export interface ModelVolume {
  readonly blocks: readonly ModelBlock[];
  readonly sizeBytes: number;
}

/** `missingBytes` is how much the last block is short. */
export function modelVolume(blocks: readonly ModelBlock[], missingBytes = 0): ModelVolume {
  return { blocks, sizeBytes: blocks.length * blockSizeBytes - missingBytes };
}

const made = new Map<ModelBlock, Uint8Array>();

/** The bytes of a block: `text` compresses, `noise` does not, the rest are zeros. */
export function contentOf(block: ModelBlock): Uint8Array {
  const known = made.get(block);
  if (known !== undefined) return known;
  const bytes = new Uint8Array(blockSizeBytes);
  if (block.startsWith('text')) Buffer.from(bytes.buffer).fill(`${block} and so on; `);
  if (block.startsWith('noise')) {
    bytes.set(createHash('shake256', { outputLength: blockSizeBytes }).update(block).digest());
  }
  made.set(block, bytes);
  return bytes;
}

/** The content of the block at `index` of the volume, as long as it is there. */
export function blockOf({ blocks, sizeBytes }: ModelVolume, index: number): Uint8Array {
  const lengthBytes = Math.min(blockSizeBytes, sizeBytes - index * blockSizeBytes);
  return contentOf(blocks[index] ?? 'absent').subarray(0, lengthBytes);
}

/** The volume as a worker sees it: what was never written reads as zeros. */
export function sourceOf(volume: ModelVolume): BlockSource {
  return {
    sizeBytes: volume.sizeBytes,
    read: (first, blockCount, into) => {
      let offset = 0;
      for (let index: number = first; index < first + blockCount; index += 1) {
        const block = blockOf(volume, index);
        into.set(block, offset);
        offset += block.length;
      }
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/** Blocks with the contents `text-first` to before `text-end`. */
export function text(first: number, end: number): readonly ModelBlock[] {
  return Array.from({ length: end - first }, (_, n): ModelBlock => `text-${first + n}`);
}
