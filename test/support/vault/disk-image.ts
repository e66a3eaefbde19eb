import { createHash } from 'node:crypto';
import { open, truncate, writeFile } from 'node:fs/promises';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';

/** Bytes that do not compress and are the same for the same seed. */
export function noise(seed: string, lengthBytes: number): Buffer {
  return createHash('shake256', { outputLength: lengthBytes }).update(seed).digest();
}

/**
 * Makes a disk image: one block of noise for each seed, a hole for each null, cut to `sizeBytes`
 * (default: whole blocks).
 */
export async function makeDisk(
  imagePath: string,
  seeds: readonly (string | null)[],
  sizeBytes: number = seeds.length * blockSizeBytes,
): Promise<void> {
  await writeFile(imagePath, '');
  await truncate(imagePath, sizeBytes);
  for (const [index, seed] of seeds.entries()) {
    if (seed !== null) await writeBlock(imagePath, index, noise(seed, blockSizeBytes));
  }
}

/** Overwrites one block of an image; what would lie beyond its end is cut off. */
export async function writeBlock(
  imagePath: string,
  index: number,
  content: Uint8Array,
): Promise<void> {
  const image = await open(imagePath, 'r+');
  try {
    const offset = index * blockSizeBytes;
    const { size } = await image.stat();
    await image.write(content, 0, Math.min(content.byteLength, size - offset), offset);
    await image.sync();
  } finally {
    await image.close();
  }
}

export async function sha256OfFile(filePath: string): Promise<string> {
  const hash = createHash('sha256');
  // One buffer for all of it: a stream's new one for each read costs more than the digest itself.
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  await using file = await open(filePath, 'r');
  for (;;) {
    const { bytesRead } = await file.read(buffer);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
  }
}

/** Turns over the lowest bit of one byte; `offset` counts from the end when negative. */
export async function flipBit(filePath: string, offset: number): Promise<void> {
  const file = await open(filePath, 'r+');
  try {
    const { size } = await file.stat();
    const position = offset < 0 ? size + offset : offset;
    const byte = new Uint8Array(1);
    await file.read(byte, 0, 1, position);
    byte[0] = (byte[0] ?? 0) ^ 1;
    await file.write(byte, 0, 1, position);
  } finally {
    await file.close();
  }
}
