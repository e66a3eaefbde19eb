import { copyFile, lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Folders that hold real programs and texts on nearly every machine. */
const sources = [
  dirname(process.execPath),
  '/usr/lib',
  '/usr/share',
  '/usr/bin',
  '/Library',
  '/opt',
];

/** No file is more than this share of the whole: the content stays mixed, and the last one fits. */
const fileShareMax = 1 / 20;

/** Finds real files of this machine, together about `totalBytes`. */
export async function* realFiles(totalBytes: number): AsyncGenerator<string, void> {
  let found = 0;
  for (const source of sources) {
    for await (const { path, sizeBytes } of filesBelow(source)) {
      if (sizeBytes > totalBytes * fileShareMax) continue;
      yield path;
      found += sizeBytes;
      if (found >= totalBytes) return;
    }
  }
}

/** Copies real files, together about `totalBytes`, below `folder`. */
export async function copyRealFiles(folder: string, totalBytes: number): Promise<void> {
  for await (const path of realFiles(totalBytes)) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(path, target);
  }
}

async function* filesBelow(
  folder: string,
): AsyncGenerator<{ readonly path: string; readonly sizeBytes: number }, void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.sort()) {
    const path = join(folder, name);
    const stats = await lstat(path).catch(() => null);
    if (stats === null) continue;
    if (stats.isDirectory()) yield* filesBelow(path);
    else if (stats.isFile() && (stats.mode & 0o004) !== 0) {
      yield { path, sizeBytes: stats.size };
    }
  }
}
