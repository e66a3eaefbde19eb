/**
 * The decoder alone: stores a disk image as bench/transfer.ts does, then reads it back whole,
 * every block decrypted, decompressed and checked, and keeps nothing.
 *
 *     node bench/restore.ts FILE [fast|balanced|small] [THREADS] [FOLDER]
 *
 * Stores into FOLDER (a fresh folder below it, removed afterwards) or into memory. Prints one line
 * of JSON about the reading.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { openFileBlockSource } from '../src/adapters/block-device/file-block-source.ts';
import { openFilesystemObjectStore } from '../src/adapters/filesystem/filesystem-object-store.ts';
import { createMemoryObjectStore } from '../src/adapters/memory/object-store.ts';
import { systemClock } from '../src/adapters/system/system-clock.ts';
import { systemRandom } from '../src/adapters/system/system-random.ts';
import { blockCountOf } from '../src/domain/block-size.ts';
import type { BlockIndex } from '../src/domain/identifiers.ts';
import type { CompressionChoice } from '../src/format/transfer.ts';
import { readVolume } from '../src/format/strata/decode/read-volume.ts';
import type { MapRun } from '../src/format/strata/map/map-run.ts';
import { packRefOf } from '../src/format/strata/map/record-ref.ts';
import { prepareStrataTransfer } from '../src/format/strata/transfer/prepare-strata-transfer.ts';
import {
  everyBlock,
  makeTransferFixture,
  readSegmentEntries,
  writePlan,
} from '../test/format/strata/transfer/transfer-fixture.ts';

async function main(
  path: string,
  compression: CompressionChoice,
  threads: number,
  folder: string | undefined,
): Promise<void> {
  const root = folder === undefined ? undefined : await mkdtemp(join(folder, 'bench-'));
  const objectStore =
    root === undefined ? createMemoryObjectStore() : await openFilesystemObjectStore({ root });
  const common = { objectStore, random: systemRandom, clock: systemClock, threads };
  const source = await openFileBlockSource(path);
  const { sizeBytes } = source;
  const fixture = makeTransferFixture(systemRandom);
  const blocks = everyBlock(blockCountOf(sizeBytes));
  const plan = await writePlan(fixture, objectStore, systemRandom, blocks);
  const grant = fixture.grantBytes;
  const transfer = await prepareStrataTransfer({ threads }).open({
    ...common,
    grant,
    attempt: 0,
    compression,
  });
  const { signal } = new AbortController();
  const runs: MapRun[] = [];
  for await (const segment of transfer.run({ ...plan, source, firstPlanned: 0, signal })) {
    const entries = await readSegmentEntries(fixture, objectStore, plan, 0, segment);
    entries.forEach((entry, position) => {
      const first = (segment.firstPlanned + position) as BlockIndex;
      if (entry.kind !== 'data') {
        runs.push({ kind: 'zero', first, blockCount: 1 });
        return;
      }
      const { offset, lengthBytes } = entry;
      // A copy: ids are views of their whole segment.
      const id = entry.id.slice();
      const pack = packRefOf({ sessionId: fixture.grant.sessionId, ...entry.pack });
      runs.push({ kind: 'data', first, refs: [{ pack, offset, lengthBytes, id }] });
    });
  }
  await transfer.close();
  await source.close();

  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  let blocksRead = 0;
  const items = readVolume({
    ...common,
    ...{ sizeBytes, runs: each(runs) },
    repositoryId: fixture.grant.repositoryId,
    blockIdKey: fixture.grant.blockIdKey,
    sessionKeysOf: () => Promise.resolve(fixture.keys),
  });
  for await (const item of items) {
    if (item.kind === 'damage') throw new Error(`block ${item.firstBlock}: ${item.reason}`);
    blocksRead += item.blockCount;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  if (root !== undefined) await rm(root, { recursive: true });
  console.log(
    JSON.stringify({
      ...{ name: 'restore', compression, threads, blocksRead },
      store: root === undefined ? 'memory' : 'filesystem',
      seconds: Number(seconds.toFixed(3)),
      cpuSeconds: Number(((user + system) / 1e6).toFixed(3)),
      megabytesPerSecond: Math.round(sizeBytes / 1e6 / seconds),
    }),
  );
}

async function* each(runs: readonly MapRun[]): AsyncGenerator<MapRun> {
  for (const run of runs) yield await Promise.resolve(run);
}

function compressionOf(text: string): CompressionChoice {
  if (text === 'fast' || text === 'balanced' || text === 'small') return text;
  throw new Error(`"${text}" is not fast, balanced or small`);
}

const [path, compression = 'fast', threads = String(availableParallelism()), folder] =
  process.argv.slice(2);
if (path === undefined) {
  throw new Error('usage: node bench/restore.ts FILE [fast|balanced|small] [THREADS] [FOLDER]');
}
await main(path, compressionOf(compression), Number(threads), folder);
