import { join } from 'node:path';
import type { Figures } from './figures.ts';
import { folderSizeMib } from './folder-size.ts';
import { runProcess } from './run-process.ts';
import { changeScatteredBlocks } from './test-image.ts';

export async function measureRestic(folder: string, image: string): Promise<readonly Figures[]> {
  const base = join(folder, 'restic');
  const repository = join(base, 'repository');
  const env = {
    RESTIC_PASSWORD: 'bench',
    RESTIC_REPOSITORY: repository,
    RESTIC_CACHE_DIR: join(base, 'cache'),
  };
  const restic = (...args: readonly string[]): ReturnType<typeof runProcess> =>
    runProcess('restic', args, { env });

  await restic('init', '--repository-version', '2');
  const full = await restic('backup', image);
  const fullMib = await folderSizeMib(repository);
  await changeScatteredBlocks(image, 160);
  const increment = await restic('backup', image);
  const grownMib = (await folderSizeMib(repository)) - fullMib;
  const restore = await restic('restore', 'latest', '--target', join(base, 'restored'));
  return [
    { tool: 'restic', work: 'full', ...full, storedMib: fullMib, remark: '' },
    { tool: 'restic', work: 'increment', ...increment, storedMib: grownMib, remark: '' },
    { tool: 'restic', work: 'restore', ...restore, storedMib: null, remark: '' },
  ];
}
