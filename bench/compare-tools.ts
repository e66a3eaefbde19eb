/**
 * Compares snapledger with the bare loop and, where they are installed, restic and borg: one run,
 * one image, one machine. What counts is the ratios.
 *
 *     node bench/compare-tools.ts [--folder DIR] [--gib 8] [--content /usr/lib] [--only snapledger]
 *
 * The folder keeps the image for the next run and takes about five times its content.
 */
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureBareLoop } from './support/measure-bare-loop.ts';
import { measureBorg } from './support/measure-borg.ts';
import { measureRestic } from './support/measure-restic.ts';
import { measureSnapledger } from './support/measure-snapledger.ts';
import type { Figures } from './support/figures.ts';
import { printTable } from './support/print-table.ts';
import { makeTestImage } from './support/test-image.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: join(tmpdir(), 'snapledger-bench') },
    gib: { type: 'string', default: '8' },
    content: { type: 'string', default: '/usr/lib' },
    only: { type: 'string' },
  },
});
const folder = resolve(values.folder);
const image = join(folder, 'disk.img');

console.log(`image: ${values.gib} GiB ext4, filled from ${values.content}`);
await makeTestImage(image, Number(values.gib), values.content);

const measurements: Readonly<Record<string, () => Promise<readonly Figures[]>>> = {
  'bare-loop': () => measureBareLoop(image),
  snapledger: () => measureSnapledger(folder, image),
  restic: () => measureRestic(folder, image),
  borg: () => measureBorg(folder, image),
};
const rows: Figures[] = [];
for (const [name, measure] of Object.entries(measurements)) {
  if (values.only !== undefined && values.only !== name) continue;
  await warmCache(image);
  console.log(`measuring ${name} ...`);
  rows.push(...(await measure()));
  await rm(join(folder, name), { recursive: true, force: true });
}
printTable(rows);

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
