/**
 * The transfer pipeline alone: the worker's side of a first backup of one disk image.
 *
 *     node bench/transfer.ts FILE [fast|balanced|small] [THREADS] [FOLDER]
 *
 * Stores into FOLDER (a fresh folder below it, removed afterwards), or nowhere: packs are then
 * dropped. Prints one line of JSON, to be compared with bench/bare-loop.ts.
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
import type { CompressionChoice } from '../src/format/transfer.ts';
import { prepareStrataTransfer } from '../src/format/strata/transfer/prepare-strata-transfer.ts';
import type { ObjectStore } from '../src/ports/object-store.ts';
import {
  everyBlock,
  makeTransferFixture,
  writePlan,
} from '../test/format/strata/transfer/transfer-fixture.ts';

/** Keeps plans and segments, and drops packs. */
function discardingObjectStore(): ObjectStore {
  const memory = createMemoryObjectStore();
  return {
    create: (key, body) =>
      key.startsWith('packs/') ? Promise.resolve() : memory.create(key, body),
    get: (key, range) => memory.get(key, range),
    head: (key) => memory.head(key),
    list: (prefix, options) => memory.list(prefix, options),
    delete: (key) => memory.delete(key),
    retention: null,
  };
}

async function main(
  path: string,
  compression: CompressionChoice,
  threads: number,
  folder: string | undefined,
): Promise<void> {
  const random = systemRandom;
  const root = folder === undefined ? undefined : await mkdtemp(join(folder, 'bench-'));
  const objectStore =
    root === undefined ? discardingObjectStore() : await openFilesystemObjectStore({ root });
  const source = await openFileBlockSource(path);
  const fixture = makeTransferFixture(random);
  const blocks = everyBlock(blockCountOf(source.sizeBytes));
  const plan = await writePlan(fixture, objectStore, random, blocks);

  const startedMs = performance.now();
  const transfer = await prepareStrataTransfer({ threads }).open({
    ...{ objectStore, random, compression },
    clock: systemClock,
    grant: fixture.grantBytes,
    attempt: 0,
  });
  const { signal } = new AbortController();
  let storedBytes = 0;
  for await (const segment of transfer.run({ ...plan, source, firstPlanned: 0, signal })) {
    storedBytes += segment.counts.bytesStored;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage();
  const cpuMicroseconds = user + system;
  await transfer.close();
  const { sizeBytes } = source;
  await source.close();
  if (root !== undefined) await rm(root, { recursive: true });
  console.log(
    JSON.stringify({
      name: 'transfer',
      compression,
      threads,
      store: root === undefined ? 'discard' : 'filesystem',
      seconds: Number(seconds.toFixed(3)),
      cpuSeconds: Number((cpuMicroseconds / 1e6).toFixed(3)),
      megabytesPerSecond: Math.round(sizeBytes / 1e6 / seconds),
      ratio: Number((sizeBytes / storedBytes).toFixed(3)),
      peakRssMebibytes: Math.round(process.resourceUsage().maxRSS / 1024),
    }),
  );
}

function compressionOf(text: string): CompressionChoice {
  if (text === 'fast' || text === 'balanced' || text === 'small') return text;
  throw new Error(`"${text}" is not fast, balanced or small`);
}

const [path, compression = 'fast', threads = String(availableParallelism()), folder] =
  process.argv.slice(2);
if (path === undefined) {
  throw new Error('usage: node bench/transfer.ts FILE [fast|balanced|small] [THREADS] [FOLDER]');
}
await main(path, compressionOf(compression), Number(threads), folder);
