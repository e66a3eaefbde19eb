/**
 * What engine and worker take in memory together, as `compare-tools.ts` measures it, for a sparse volume of any size:
 * a full backup, an increment, verification and restore, by the command line. Ends with an error above 300 MB.
 *
 *     node bench/memory-of-volume.ts [TIB] [DATA_MIB] [FOLDER]
 *
 * 16 TiB are 4 KiB less: ext4 has no larger file.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryLimit } from './support/memory-limit.ts';
import { snapledgerOn } from './support/snapledger-on.ts';
import { writeScatteredBlocks } from './support/write-scattered-blocks.ts';

const [tib = '16', dataMib = '256', parent = tmpdir()] = process.argv.slice(2);
const sizeBytes = Math.min(Number(tib) * 1024 ** 4, 16 * 1024 ** 4 - 4096);
const changedBlocks = 160;

const folder = await mkdtemp(join(parent, 'snapledger-memory-'));
try {
  const image = join(folder, 'disk.img');
  await using disk = await open(image, 'w+');
  await disk.truncate(sizeBytes);
  await writeScatteredBlocks(disk, Number(dataMib) * 2);
  const snapledger = snapledgerOn(join(folder, 'vault'));
  const limit = new MemoryLimit();
  const measure = async (work: string, ...args: readonly string[]): Promise<void> => {
    limit.tell('memory-of-volume', work, await snapledger(...args), { tib: sizeBytes / 1024 ** 4 });
  };
  await snapledger('init');
  await snapledger('instance', 'add', 'bench', '--volume', `/dev/xvda=${image}`);
  await snapledger('policy', 'set', 'bench', '--keep-snapshots', '1');
  await measure('full backup', 'backup', 'bench');
  await writeScatteredBlocks(disk, changedBlocks);
  await measure('increment', 'backup', 'bench');
  await measure('points', 'points');
  await measure('gc plan', 'gc', 'plan');
  await measure('verify', 'verify');
  await measure('verify --deep', 'verify', '--deep');
  const points = JSON.parse((await snapledger('points', '--json')).stdout) as { id: string }[];
  await measure('restore', 'restore', points.at(-1)?.id ?? '', '--to', join(folder, 'restored'));
  limit.require();
} finally {
  await rm(folder, { recursive: true, force: true });
}
