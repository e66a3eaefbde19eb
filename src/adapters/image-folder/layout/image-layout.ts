import { blockSizeBytes } from '../../../domain/block-size.ts';

/** The kinds of files that an image can be. */
export const imageFormats = ['raw', 'qcow2', 'vhd'] as const;
export type ImageFormat = (typeof imageFormats)[number];

/** Where the blocks of an image are in its file, and what else the file has. */
export interface ImageLayout {
  /** The file is never longer. */
  readonly fileMaxBytes: number;
  /** Where a block is in the file; from the first call on that is its place. */
  place(block: number): number;
  /** The blocks that have a place, ascending. */
  placed(): Iterable<{ readonly block: number; readonly fileOffset: number }>;
  /** What is in the file besides the blocks that have a place now. */
  metadata(): Iterable<{ readonly fileOffset: number; readonly bytes: Uint8Array }>;
  /** How long the file is now. */
  fileSizeBytes(): number;
}

/** The blocks of a file in which each is where it is in the image. */
export class BlocksInPlace {
  readonly #present: Uint8Array;

  constructor(blockCount: number) {
    this.#present = new Uint8Array(Math.ceil(blockCount / 8));
  }

  place(block: number): number {
    const byte = block >> 3;
    this.#present[byte] = (this.#present[byte] ?? 0) | (1 << (block & 7));
    return block * blockSizeBytes;
  }

  *placed(): Generator<{ readonly block: number; readonly fileOffset: number }> {
    for (const [byte, bits] of this.#present.entries()) {
      for (let bit = 0; bits >> bit > 0; bit += 1) {
        const block = byte * 8 + bit;
        if ((bits & (1 << bit)) !== 0) yield { block, fileOffset: block * blockSizeBytes };
      }
    }
  }
}
