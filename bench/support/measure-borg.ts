import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figures } from './figures.ts';
import { folderSizeMib } from './folder-size.ts';
import { runProcess } from './run-process.ts';
import { changeScatteredBlocks } from './test-image.ts';

export async function measureBorg(folder: string, image: string): Promise<readonly Figures[]> {
  const base = join(folder, 'borg');
  const repository = join(base, 'repository');
  const target = join(base, 'restored');
  await mkdir(target, { recursive: true });
  const env = { BORG_PASSPHRASE: 'bench', BORG_BASE_DIR: base };
  const borg = (...args: readonly string[]): ReturnType<typeof runProcess> =>
    runProcess('borg', args, { env, cwd: target });

  await borg('init', '--encryption', 'repokey', repository);
  const create = (name: string): ReturnType<typeof runProcess> =>
    borg('create', '--compression', 'zstd,1', `${repository}::${name}`, image);
  const full = await create('full');
  const fullMib = await folderSizeMib(repository);
  await changeScatteredBlocks(image, 160);
  const increment = await create('increment');
  const grownMib = (await folderSizeMib(repository)) - fullMib;
  const restore = await borg('extract', '--sparse', `${repository}::increment`);
  return [
    { tool: 'borg zstd,1', work: 'full', ...full, storedMib: fullMib, remark: '' },
    { tool: 'borg zstd,1', work: 'increment', ...increment, storedMib: grownMib, remark: '' },
    { tool: 'borg zstd,1', work: 'restore', ...restore, storedMib: null, remark: '' },
  ];
}
