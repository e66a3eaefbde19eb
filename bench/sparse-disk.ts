/**
 * Whether the cost of an increment depends on the size of a volume or on what changed in it: the same change, again and
 * again, in a small volume and in a large one, both with the same amount of data, by turns. Prints each increment, the
 * medians and their ratio, and ends with an error when the large volume costs more than 1.3 times as much.
 *
 *     node bench/sparse-disk.ts [LARGE_GIB] [SMALL_GIB] [DATA_MIB] [ROUNDS]
 *
 * Seconds are those from the completed snapshots to the committed point, start of the worker included; what the local
 * cloud takes to find out what changed (EBS knows it) comes before.
 */
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderSizeMib } from './support/folder-size.ts';
import { median } from './support/median-figures.ts';
import { type Snapledger, snapledgerOn, transferSeconds } from './support/snapledger-on.ts';
import { writeScatteredBlocks } from './support/write-scattered-blocks.ts';

const [largeGib = 1024, smallGib = 8, dataMib = 1024, rounds = 5] = process.argv
  .slice(2)
  .map(Number);
const changedBlocks = 160;
const ratioMax = 1.3;

interface Volume {
  readonly gib: number;
  readonly disk: FileHandle;
  readonly snapledger: Snapledger;
  readonly repository: string;
  readonly increments: { readonly seconds: number; readonly storedMib: number }[];
}

async function openVolume(folder: string, gib: number): Promise<Volume> {
  const image = join(folder, `${gib}.img`);
  const disk = await open(image, 'w+');
  await disk.truncate(gib * 1024 ** 3);
  await writeScatteredBlocks(disk, dataMib * 2);
  const vault = join(folder, `vault-${gib}`);
  const snapledger = snapledgerOn(vault);
  await snapledger('init');
  await snapledger('instance', 'add', 'bench', '--volume', `/dev/xvda=${image}`);
  await snapledger('policy', 'set', 'bench', '--keep-snapshots', '1');
  return { gib, disk, snapledger, repository: join(vault, 'repository'), increments: [] };
}

async function backUp({ gib, snapledger, repository }: Volume, work: string) {
  const before = await folderSizeMib(repository);
  const run = await snapledger('backup', 'bench', '--json');
  const seconds = await transferSeconds(snapledger);
  const storedMib = Number(((await folderSizeMib(repository)) - before).toFixed(2));
  const peakMib = Math.round(run.peakMib);
  console.log(JSON.stringify({ bench: 'sparse-disk', work, gib, seconds, storedMib, peakMib }));
  return { seconds, storedMib };
}

const folder = await mkdtemp(join(tmpdir(), 'snapledger-sparse-'));
try {
  const small = await openVolume(folder, smallGib);
  const large = await openVolume(folder, largeGib);
  const volumes = [small, large];
  for (const volume of volumes) await backUp(volume, 'full');
  for (let round = 0; round < rounds; round += 1) {
    for (const volume of volumes) {
      await writeScatteredBlocks(volume.disk, changedBlocks);
      volume.increments.push(await backUp(volume, 'increment'));
    }
  }
  await Promise.all(volumes.map(({ disk }) => disk.close()));
  const ratio = (pick: (one: Volume['increments'][number]) => number): number =>
    Number((median(large.increments.map(pick)) / median(small.increments.map(pick))).toFixed(3));
  const seconds = ratio((one) => one.seconds);
  const storedMib = ratio((one) => one.storedMib);
  console.log(JSON.stringify({ bench: 'sparse-disk', ratioOf: { seconds, storedMib }, ratioMax }));
  if (Math.max(seconds, storedMib) > ratioMax) throw new Error(`more than ${ratioMax} times`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
