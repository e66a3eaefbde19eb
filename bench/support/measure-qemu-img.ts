import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figures } from './figures.ts';
import { runProcess } from './run-process.ts';

/** Compressed, not encrypted, nothing deduplicated, and no increments: what an image alone costs. */
export async function measureQemuImg(folder: string, image: string): Promise<readonly Figures[]> {
  const base = join(folder, 'qemu-img');
  await mkdir(base, { recursive: true });
  const qcow2 = join(base, 'disk.qcow2');
  const options = 'compression_type=zstd,cluster_size=512k';
  const convert = (...args: readonly string[]): ReturnType<typeof runProcess> =>
    runProcess('qemu-img', ['convert', ...args]);
  const full = await convert('-c', '-O', 'qcow2', '-o', options, image, qcow2);
  const storedMib = (await stat(qcow2)).blocks / 2048;
  const restore = await convert('-O', 'raw', qcow2, join(base, 'restored.img'));
  const tool = 'qemu-img convert';
  const remark = 'not encrypted';
  return [
    { tool, work: 'full', ...full, storedMib, remark },
    { tool, work: 'restore', ...restore, storedMib: null, remark },
  ];
}
