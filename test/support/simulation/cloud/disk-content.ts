import { blockSizeBytes } from '../../../../src/domain/block-size.ts';

/**
 * What one block of a simulated disk holds: null was never written, 0 is written with zeros, and
 * any other number fills the block, repeated as 32 bits.
 */
export type BlockContent = number | null;

export type DiskContent = readonly BlockContent[];

export function diskSizeBytes(content: DiskContent): number {
  return content.length * blockSizeBytes;
}

/** Fills `into` with as many blocks from `first` on as it has room for. */
export function readContent(content: DiskContent, first: number, into: Uint8Array): void {
  for (let offset = 0; offset < into.byteLength; offset += blockSizeBytes) {
    const word = content[first + offset / blockSizeBytes] ?? 0;
    fillWithWord(into.subarray(offset, offset + blockSizeBytes), word);
  }
}

/** The number that fills these bytes. @throws when they are not filled by one */
export function wordOf(bytes: Uint8Array): number {
  const word = fillingWord(bytes);
  if (word === null) throw new Error('a simulated disk holds only blocks of one repeated number');
  return word;
}

/** The same, or null when no number does. */
export function fillingWord(bytes: Uint8Array): number | null {
  const { byteLength } = bytes;
  if (byteLength < 4) return null;
  const isRepeated =
    Buffer.compare(bytes.subarray(0, byteLength - 4), bytes.subarray(4, byteLength)) === 0;
  return isRepeated ? Buffer.from(bytes.buffer, bytes.byteOffset, 4).readUInt32LE() : null;
}

export function fillWithWord(into: Uint8Array, word: number): void {
  const pattern = Buffer.alloc(4);
  pattern.writeUInt32LE(word);
  Buffer.from(into.buffer, into.byteOffset, into.byteLength).fill(pattern);
}
