import { join } from 'node:path';
import type { Figures } from './figures.ts';
import { folderSizeMib } from './folder-size.ts';
import { runProcess } from './run-process.ts';
import { type Snapledger, snapledgerOn, transferSeconds } from './snapledger-on.ts';
import { changeScatteredBlocks } from './test-image.ts';

async function vaultOf(vault: string, image: string, compression: string): Promise<Snapledger> {
  const snapledger = snapledgerOn(vault);
  await snapledger('init');
  await snapledger('instance', 'add', 'bench', '--volume', `/dev/xvda=${image}`);
  const policy = ['--keep-snapshots', '1', '--compression', compression];
  await snapledger('policy', 'set', 'bench', ...policy);
  return snapledger;
}

/** Full backups with the choices of compression that `measureSnapledger` does not make. */
export async function measureOtherCompressions(
  folder: string,
  image: string,
): Promise<readonly Figures[]> {
  const rows: Figures[] = [];
  for (const compression of ['fast', 'small']) {
    const vault = join(folder, 'compressions', compression);
    const snapledger = await vaultOf(vault, image, compression);
    const { peakMib } = await snapledger('backup', 'bench', '--json');
    const seconds = await transferSeconds(snapledger);
    const storedMib = await folderSizeMib(join(vault, 'repository'));
    rows.push({
      ...{ tool: `snapledger ${compression}`, work: 'full' },
      ...{ seconds, peakMib, storedMib, remark: '' },
    });
  }
  return rows;
}

/**
 * `full` and `increment` are counted from the completed snapshots to the committed point, the
 * start of the worker included: what the other tools do. `session` is the whole command, with the
 * snapshots of the local cloud, which on EC2 are EBS's work.
 */
export async function measureSnapledger(
  folder: string,
  image: string,
): Promise<readonly Figures[]> {
  const base = join(folder, 'snapledger');
  const vault = join(base, 'vault');
  const repository = join(vault, 'repository');
  const snapledger = await vaultOf(vault, image, 'balanced');

  const full = await snapledger('backup', 'bench', '--json');
  const fullMib = await folderSizeMib(repository);
  const fullTransfer = await transferSeconds(snapledger);
  await changeScatteredBlocks(image, 160);
  const increment = await snapledger('backup', 'bench', '--json');
  const grownMib = (await folderSizeMib(repository)) - fullMib;
  const incrementTransfer = await transferSeconds(snapledger);

  const points = JSON.parse((await snapledger('points', '--json')).stdout) as { id: string }[];
  const target = join(base, 'restored');
  const restore = await snapledger('restore', points.at(-1)?.id ?? '', '--to', target);
  await runProcess('cmp', [image, join(target, 'xvda.img')]);

  const tool = 'snapledger';
  const whole = 'whole command, local snapshots included';
  return [
    {
      tool,
      work: 'full',
      seconds: fullTransfer,
      peakMib: full.peakMib,
      storedMib: fullMib,
      remark: '',
    },
    {
      tool,
      work: 'session',
      seconds: full.seconds,
      peakMib: full.peakMib,
      storedMib: null,
      remark: `full: ${whole}`,
    },
    {
      tool,
      work: 'increment',
      seconds: incrementTransfer,
      peakMib: increment.peakMib,
      storedMib: grownMib,
      remark: '',
    },
    {
      tool,
      work: 'session',
      seconds: increment.seconds,
      peakMib: increment.peakMib,
      storedMib: null,
      remark: `increment: ${whole}`,
    },
    { tool, work: 'restore', ...restore, storedMib: null, remark: 'compared byte for byte' },
  ];
}
