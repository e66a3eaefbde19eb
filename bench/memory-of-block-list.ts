/**
 * Memory for the list of the blocks of a full snapshot, by EBS direct: listing (all blocks, and the changed ones),
 * planning what is read, and reading the plan with the token of each block. Ends with an error above 400 MB.
 *
 *     node bench/memory-of-block-list.ts [TIB] [TIB]...
 *
 * By default 1 and 16 TiB, which have 2 and 33.5 million blocks; of 5,000 blocks one is read, for which the tokens of all
 * are listed. The fake of EBS direct is a process of its own and makes its pages as they are asked for, 10,000 blocks each.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFilesystemObjectStore } from '../src/adapters/filesystem/filesystem-object-store.ts';
import { systemClock } from '../src/adapters/system/system-clock.ts';
import { systemRandom } from '../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../src/domain/block-size.ts';
import type { PointId } from '../src/domain/identifiers.ts';
import { cheapStrata } from '../test/support/format/cheap-strata.ts';
import { makePoint } from './support/make-point.ts';
import { MemoryLimit } from './support/memory-limit.ts';
import { runProcess } from './support/run-process.ts';

interface Step {
  readonly work: string;
  readonly seconds: number;
  readonly peakMib: number;
}

/** Some 100 MB more than it takes of any list: 3 bytes for each block of 16 TiB. */
const memoryMaxBytes = 400_000_000;

const given = process.argv.slice(2);
const limit = new MemoryLimit(memoryMaxBytes);
for (const tib of given.length > 0 ? given : ['1', '16']) {
  for (const kind of ['allocated', 'changed']) await measure(Number(tib), kind);
}
limit.require();

async function measure(tib: number, kind: string): Promise<void> {
  const sizeBytes = tib * 1024 ** 4;
  const blocks = String(sizeBytes / blockSizeBytes);
  const folder = await mkdtemp(join(tmpdir(), 'snapledger-memory-'));
  const server = spawn(process.execPath, [inSupport('ebs-server.ts'), blocks, '0'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [address] = (await once(server.stdout, 'data')) as [Buffer];
    const pointId = await emptyPoint(folder, sizeBytes);
    const args = [inSupport('list-blocks.ts'), address.toString().trim(), blocks, kind];
    const { stdout } = await runProcess(process.execPath, [...args, folder, pointId]);
    for (const line of stdout.trim().split('\n')) {
      const step = JSON.parse(line) as Step;
      limit.tell('memory-of-block-list', step.work, { ...step, stdout }, { tib });
    }
  } finally {
    server.stdin.end();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A repository with a point of a volume in which nothing was ever written. */
async function emptyPoint(folder: string, sizeBytes: number): Promise<PointId> {
  const objectStore = await openFilesystemObjectStore({ root: folder });
  const repository = await cheapStrata.createRepository({
    ...{ objectStore, random: systemRandom, clock: systemClock },
    secret: { kind: 'passphrase', passphrase: 'bench' },
  });
  const source = {
    sizeBytes,
    read: () => Promise.reject(new Error('there is nothing to read')),
    close: () => Promise.resolve(),
  };
  const parts = { repository, objectStore, source };
  const { pointId } = await makePoint(parts, { kind: 'allocated', pages: noPages() }, null);
  await repository.close();
  return pointId;
}

async function* noPages(): AsyncGenerator<never> {
  // lists nothing
}

function inSupport(file: string): string {
  return join(import.meta.dirname, 'support', file);
}
