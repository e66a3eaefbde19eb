import { zstdCompressSync } from 'node:zlib';
import { zstdParameters, type CompressionEffort } from '../../compression-effort.ts';
import { releaseMemory } from './release-memory.ts';

/** zstd is used only where it saves at least 1/32: less is not worth decompressing for. */
const savingMinShift = 5;

/** The least that zlib takes as the size of an output chunk. */
const zlibChunkMinBytes = 64;

/** What zstd makes of the content of a record; null where that saves too little. To be released after use. */
export function compress(plain: Uint8Array, effort: CompressionEffort): Uint8Array | null {
  const compressed = zstdCompressSync(plain, {
    // What saves anything fits into one chunk, which zlib then gives as it is.
    chunkSize: plain.length + zlibChunkMinBytes,
    params: zstdParameters[effort],
  });
  const mustBeAtMost = plain.length - Math.ceil(plain.length / (1 << savingMinShift));
  if (compressed.length <= mustBeAtMost) return compressed;
  releaseMemory(compressed);
  return null;
}

/** How many bytes the content of a record would take. */
export function compressedSizeBytes(plain: Uint8Array, effort: CompressionEffort): number {
  const compressed = compress(plain, effort);
  if (compressed === null) return plain.length;
  const { length } = compressed;
  releaseMemory(compressed);
  return length;
}
