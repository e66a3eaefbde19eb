import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { blockSizeBytes } from '../../src/domain/block-size.ts';

/** Writes so many whole blocks, evenly over the disk, the first of them `shift` blocks from its start. */
export async function writeScatteredBlocks(
  disk: FileHandle,
  count: number,
  shift = 0,
): Promise<void> {
  const { size } = await disk.stat();
  const step = Math.floor(size / blockSizeBytes / count);
  for (let index = 0; index < count; index += 1) {
    const offset = (index * step + (shift % step)) * blockSizeBytes;
    await disk.write(randomBytes(blockSizeBytes), 0, blockSizeBytes, offset);
  }
  await disk.sync();
}
