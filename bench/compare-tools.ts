/**
 * Compares snapledger with the bare loop, restic, borg and qemu-img (`--only` leaves out what is not installed): one
 * run, one image, one machine. What counts is the ratios. `compressions` are full backups with the other choices that
 * a policy has.
 *
 *     node bench/compare-tools.ts [--folder DIR] [--gib 8] [--content /usr/lib]
 *                                 [--only snapledger,restic] [--rounds 1]
 *
 * Of several rounds, in each of which every tool has its turn, the medians are printed: a machine
 * that others use as well is not equally fast all the time. In the end the ratios are held to what they are to be.
 *
 * The folder keeps the image for the next run and takes about five times its content.
 */
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureBareLoop } from './support/measure-bare-loop.ts';
import { measureBorg } from './support/measure-borg.ts';
import { measureQemuImg } from './support/measure-qemu-img.ts';
import { measureRestic } from './support/measure-restic.ts';
import { measureOtherCompressions, measureSnapledger } from './support/measure-snapledger.ts';
import type { Figures } from './support/figures.ts';
import { medianFigures } from './support/median-figures.ts';
import { printAims } from './support/print-aims.ts';
import { printTable } from './support/print-table.ts';
import { makeTestImage } from './support/test-image.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: join(tmpdir(), 'snapledger-bench') },
    gib: { type: 'string', default: '8' },
    content: { type: 'string', default: '/usr/lib' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '1' },
  },
});
const folder = resolve(values.folder);
const image = join(folder, 'disk.img');

console.log(`image: ${values.gib} GiB ext4, filled from ${values.content}`);
await makeTestImage(image, Number(values.gib), values.content);

const measurements: Readonly<Record<string, () => Promise<readonly Figures[]>>> = {
  'bare-loop': () => measureBareLoop(image),
  snapledger: () => measureSnapledger(folder, image),
  compressions: () => measureOtherCompressions(folder, image),
  restic: () => measureRestic(folder, image),
  borg: () => measureBorg(folder, image),
  'qemu-img': () => measureQemuImg(folder, image),
};
const wanted = values.only?.split(',') ?? Object.keys(measurements);
const unknown = wanted.find((name) => !(name in measurements));
if (unknown !== undefined) {
  throw new Error(`there is no "${unknown}"; there are: ${Object.keys(measurements).join(', ')}`);
}
const rounds: Figures[][] = [];
for (let round = 1; round <= Number(values.rounds); round += 1) {
  const rows: Figures[] = [];
  for (const [name, measure] of Object.entries(measurements)) {
    if (!wanted.includes(name)) continue;
    await warmCache(image);
    console.log(`measuring ${name} ...`);
    rows.push(...(await measure()));
    await rm(join(folder, name), { recursive: true, force: true });
  }
  printTable(rows);
  rounds.push(rows);
}
const medians = medianFigures(rounds);
if (rounds.length > 1) {
  console.log(`\nmedians of ${rounds.length} rounds:`);
  printTable(medians);
}
printAims(medians);

/** All tools read the image from memory, so that none pays for the first reading. */
async function warmCache(path: string): Promise<void> {
  const buffer = Buffer.allocUnsafe(64 * 1024 * 1024);
  const file = await open(path, 'r');
  try {
    while ((await file.read(buffer)).bytesRead > 0);
  } finally {
    await file.close();
  }
}
