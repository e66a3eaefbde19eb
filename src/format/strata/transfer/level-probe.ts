import { compressedSizeBytes } from '../record/compress.ts';
import type { CompressionLevels } from '../../compression-level.ts';

/**
 * One block in so many is compressed at both levels. Neighbours are alike, files being larger than blocks: measured on
 * 4 GB of a Linux system's files compression takes 9 % less time than at level 3 for all, for 1.4 % more bytes
 * (docs/strata.md, "Why records are what they are").
 */
const blocksPerProbe = 32;
/** The usual level is worth its time where it saves at least 1/128 of a block more than the least. */
const gainMinShift = 7;

/** Finds out, as blocks come, whether the usual level gains enough on what is like them. */
export class LevelProbe {
  #probed: CompressionLevels | null = null;
  #level = 0;
  #blocksLeft = 0;

  /**
   * Encodes a block at the level that it is worth.
   *
   * @param encodeAt encodes it, and gives the bytes that its content takes
   */
  encode(
    plain: Uint8Array,
    levels: CompressionLevels,
    encodeAt: (level: number) => number,
  ): number {
    const { usual, least } = levels;
    if (usual === least) return encodeAt(usual);
    if (this.#blocksLeft > 0 && this.#probed?.usual === usual) {
      this.#blocksLeft -= 1;
      return encodeAt(this.#level);
    }
    const storedBytes = encodeAt(usual);
    const gainBytes = compressedSizeBytes(plain, least) - storedBytes;
    this.#level = gainBytes >= plain.length >> gainMinShift ? usual : least;
    this.#probed = levels;
    this.#blocksLeft = blocksPerProbe - 1;
    return storedBytes;
  }
}
