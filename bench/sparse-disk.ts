/**
 * A backup, and an increment of 160 blocks, of a sparse disk: whether memory and time depend on the size of
 * a volume or on what is in it. Memory is that of engine and worker together, as in `compare-tools.ts`.
 *
 *     node bench/sparse-disk.ts [GIB] [DATA_MIB]
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blockSizeBytes } from '../src/domain/block-size.ts';
import { snapledgerOn, transferSeconds } from './support/snapledger-on.ts';

const [gib = 64, dataMib = 1024] = process.argv.slice(2).map(Number);
const sizeBytes = gib * 1024 ** 3;
const changedBlocks = 160;

const folder = await mkdtemp(join(tmpdir(), 'snapledger-sparse-'));
try {
  const image = join(folder, 'disk.img');
  await using disk = await open(image, 'w+');
  await disk.truncate(sizeBytes);
  await writeScattered(disk, (dataMib * 1024 * 1024) / blockSizeBytes);
  const snapledger = snapledgerOn(join(folder, 'vault'));
  await snapledger('init');
  await snapledger('instance', 'add', 'bench', '--volume', `/dev/xvda=${image}`);
  await snapledger('policy', 'set', 'bench', '--keep-snapshots', '1');
  for (const work of ['full', 'increment']) {
    const run = await snapledger('backup', 'bench', '--json');
    const seconds = await transferSeconds(snapledger);
    const peakMib = Math.round(run.peakMib);
    console.log(JSON.stringify({ bench: 'sparse-disk', work, gib, dataMib, seconds, peakMib }));
    await writeScattered(disk, changedBlocks);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Writes so many whole blocks, evenly over the disk. */
async function writeScattered(disk: FileHandle, count: number): Promise<void> {
  const step = Math.floor(sizeBytes / blockSizeBytes / count);
  for (let index = 0; index < count; index += 1) {
    const offset = index * step * blockSizeBytes;
    await disk.write(randomBytes(blockSizeBytes), 0, blockSizeBytes, offset);
  }
  await disk.sync();
}
