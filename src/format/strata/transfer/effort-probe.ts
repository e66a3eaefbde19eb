import { compressedSizeBytes } from '../record/compress.ts';
import type { CompressionEffort, CompressionEfforts } from '../../compression-effort.ts';

/**
 * One block in so many is compressed by both efforts, which costs a hundredth of the time. Neighbours are alike, files
 * being larger than blocks (docs/strata.md, "Why records are what they are").
 */
const blocksPerProbe = 64;
/** The usual effort is worth its time where it saves at least 1/512 of a block more than the least. */
const gainMinShift = 9;

/** Finds out, as blocks come, whether the usual effort gains enough on what is like them. */
export class EffortProbe {
  #probed: CompressionEfforts | null = null;
  #effort: CompressionEffort = 'usual';
  #blocksLeft = 0;

  /**
   * Encodes a block with the effort that it is worth.
   *
   * @param encodeWith encodes it, and gives the bytes that its content takes
   */
  encode(
    plain: Uint8Array,
    efforts: CompressionEfforts,
    encodeWith: (effort: CompressionEffort) => number,
  ): number {
    const { usual, least } = efforts;
    if (usual === least) return encodeWith(usual);
    if (this.#blocksLeft > 0 && this.#probed?.usual === usual) {
      this.#blocksLeft -= 1;
      return encodeWith(this.#effort);
    }
    const storedBytes = encodeWith(usual);
    const gainBytes = compressedSizeBytes(plain, least) - storedBytes;
    this.#effort = gainBytes >= plain.length >> gainMinShift ? usual : least;
    this.#probed = efforts;
    this.#blocksLeft = blocksPerProbe - 1;
    return storedBytes;
  }
}
