/**
 * What engine and worker take in memory together, as `compare-tools.ts` measures it, in a vault with many restore
 * points: the commands that look at all of them. Ends with an error above 300 MB.
 *
 *     node bench/memory-of-points.ts [POINTS] [FOLDER]
 *
 * The points are made by one engine in this process, of ten instances with a small disk each; that takes most of
 * the time, and none of the memory that is measured.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalCloud } from '../src/adapters/local-cloud/local-cloud.ts';
import { systemClock } from '../src/adapters/system/system-clock.ts';
import { systemRandom } from '../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../src/domain/block-size.ts';
import type { InstanceId } from '../src/domain/identifiers.ts';
import { workerProgramPath } from '../src/vault/program-file.ts';
import { vaultLayout } from '../src/vault/vault-layout.ts';
import { threadlessStrata } from '../test/support/format/cheap-strata.ts';
import { addTestInstance } from '../test/support/vault/make-test-vault.ts';
import { openTestVault } from '../test/support/vault/open-test-vault.ts';
import { MemoryLimit, memorySampling } from './support/memory-limit.ts';
import { snapledgerOn } from './support/snapledger-on.ts';

const [points = '1000', parent = tmpdir()] = process.argv.slice(2);
const instances = Array.from({ length: 10 }, (_, number) => `bench-${number}` as InstanceId);
const diskBlocks = 16;

const folder = await mkdtemp(join(parent, 'snapledger-memory-'));
try {
  const vault = join(folder, 'vault');
  const snapledger = snapledgerOn(vault, memorySampling);
  await snapledger('init');
  const startedMs = performance.now();
  await makePoints(vault, Number(points));
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  console.log(JSON.stringify({ bench: 'memory-of-points', work: 'making them', seconds }));

  const limit = new MemoryLimit();
  const measure = async (...args: readonly string[]): Promise<string> => {
    const run = await snapledger(...args);
    limit.tell('memory-of-points', args.slice(0, 2).join(' '), run, { points: Number(points) });
    return run.stdout;
  };
  const [instance = ''] = instances;
  await measure('backup', instance);
  await measure('backup', instance);
  const [last] = JSON.parse(await measure('points', '--json')) as { readonly id: string }[];
  await measure('sessions', '--json');
  await measure('retention', 'plan');
  await measure('gc', 'plan');
  await measure('gc', 'run');
  await measure('verify');
  await measure('verify', '--deep');
  await measure('audit', 'verify');
  await measure('why', last?.id ?? '');
  await measure('restore', last?.id ?? '', '--to', join(folder, 'restored'));
  limit.require();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function makePoints(vaultFolder: string, count: number): Promise<void> {
  // Without threads: starting them would be most of what it takes to make a point.
  const cloud = await openLocalCloud({
    ...{ folder: vaultLayout(vaultFolder).cloud, clock: systemClock, random: systemRandom },
    ...{ workerProgram: [workerProgramPath()], scansOn: 'caller' },
  });
  await using vault = await openTestVault(vaultFolder, {
    passphrase: 'bench',
    decorate: () => ({ cloud, format: threadlessStrata }),
  });
  const disks = await Promise.all(
    instances.map(async (instanceId) => {
      const image = join(folder, `${instanceId}.img`);
      const disk = await open(image, 'w+');
      await disk.truncate(diskBlocks * blockSizeBytes);
      await addTestInstance(vault, [image], { transport: 'direct' }, instanceId);
      return { instanceId, disk };
    }),
  );
  for (let made = 0; made < count; made += disks.length) {
    await Promise.all(
      disks.map(async ({ instanceId, disk }) => {
        const block = (made / disks.length) % diskBlocks;
        await disk.write(randomBytes(4096), 0, 4096, block * blockSizeBytes);
        const { status } = await (await vault.engine.startBackup({ instanceId })).ended;
        if (status !== 'succeeded') throw new Error(`a backup of ${instanceId} ended as ${status}`);
      }),
    );
  }
  await Promise.all(disks.map(({ disk }) => disk.close()));
}
