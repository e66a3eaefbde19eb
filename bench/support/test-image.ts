import { randomBytes } from 'node:crypto';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { runProcess } from './run-process.ts';

/** Makes an ext4 image filled from a folder, unless it is there already with that size. */
export async function makeTestImage(
  path: string,
  sizeGib: number,
  contentFolder: string,
): Promise<void> {
  const existing = await stat(path).catch(() => null);
  if (existing?.size === sizeGib * 1024 ** 3) return;
  await rm(path, { force: true });
  await mkdir(dirname(path), { recursive: true });
  await runProcess('mkfs.ext4', ['-q', '-F', '-d', contentFolder, path, `${sizeGib}G`]);
}

/**
 * Overwrites `count` blocks, evenly scattered over the image, with fresh random bytes: each by
 * 4 KiB in its middle, as a small write of a file system would.
 */
export async function changeScatteredBlocks(path: string, count: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const step = Math.floor(size / blockSizeBytes / count);
    for (let index = 0; index < count; index += 1) {
      const offset = index * step * blockSizeBytes + blockSizeBytes / 2;
      await file.write(randomBytes(4096), 0, 4096, offset);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
