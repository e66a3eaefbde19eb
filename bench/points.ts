/**
 * What points cost in requests, and whether the hundredth increment is read back as fast as the first point.
 *
 *     node bench/points.ts FILE [INCREMENTS] [CHANGED] [FOLDER]
 *
 * A first point of the whole image, then 100 increments of 160 scattered blocks of those with data, each time other
 * ones. Then the first and the last point are read whole, three times by turns, and 100 single blocks of the last. Stores
 * into a fresh folder below FOLDER, which is removed afterwards. Prints one line of JSON for each part, and ends with an
 * error when the last point takes more than 1.2 times as long as the first (medians).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileBlockSource } from '../src/adapters/block-device/file-block-source.ts';
import { openFilesystemObjectStore } from '../src/adapters/filesystem/filesystem-object-store.ts';
import { systemClock } from '../src/adapters/system/system-clock.ts';
import { systemRandom } from '../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../src/domain/block-size.ts';
import type { BlockIndex, PointId } from '../src/domain/identifiers.ts';
import type { PointManifest } from '../src/format/restore-point.ts';
import type { Repository } from '../src/format/repository.ts';
import type { BlockSelection } from '../src/format/transfer-plan.ts';
import { strataFormat } from '../src/format/strata/strata-format.ts';
import type { BlockSource } from '../src/ports/block-source.ts';
import { median } from './support/median-figures.ts';
import { makePoint, volumeId } from './support/make-point.ts';
import { countedObjectStore, dollarsForRequest } from './support/counted-object-store.ts';

const gib = 2 ** 30;
const singleBlocks = 100;
/** First and last point are read by turns, so many times. */
const readingRounds = 3;
/** How much longer the last point may take. */
const ratioMax = 1.2;

interface Reading {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** The image, of whose blocks some were written since, each by 4 KiB in its middle. */
interface ChangingSource extends BlockSource {
  readonly change: (index: number) => void;
}

async function changingSource(path: string): Promise<ChangingSource> {
  const file = await openFileBlockSource(path);
  const written = new Map<number, Uint8Array>();
  return {
    sizeBytes: file.sizeBytes,
    change: (index) => written.set(index, systemRandom.bytes(4096)),
    read: async (first, blockCount, into) => {
      await file.read(first, blockCount, into);
      for (let index: number = first; index < first + blockCount; index += 1) {
        const bytes = written.get(index);
        if (bytes !== undefined) into.set(bytes, (index - first + 0.5) * blockSizeBytes);
      }
    },
    close: () => file.close(),
  };
}

async function main(path: string, increments: number, changed: number, folder: string) {
  const root = await mkdtemp(join(folder, 'bench-points-'));
  const files = await openFilesystemObjectStore({ root });
  const { objectStore, counts } = countedObjectStore(files);
  const repository = await strataFormat.createRepository({
    ...{ objectStore, random: systemRandom, clock: systemClock },
    secret: { kind: 'passphrase', passphrase: 'bench' },
  });
  const source = await changingSource(path);
  const parts = { repository, objectStore, source };

  /** Does `work`, and says how long it took and what it asked of the store. */
  async function told<Result extends object>(
    part: string,
    work: () => Promise<Result>,
  ): Promise<Result & Reading> {
    const before = { ...counts };
    const cpuBefore = process.cpuUsage();
    const startedMs = performance.now();
    const result = await work();
    const seconds = (performance.now() - startedMs) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    const cpuSeconds = (user + system) / 1e6;
    const [puts, lists, gets] = [
      counts.puts - before.puts,
      counts.lists - before.lists,
      counts.gets - before.gets,
    ];
    const { put, list, get } = dollarsForRequest;
    console.log(
      JSON.stringify({
        part,
        seconds: Number(seconds.toFixed(3)),
        cpuSeconds: Number(cpuSeconds.toFixed(3)),
        ...{ puts, lists, gets },
        dollars: Number((puts * put + lists * list + gets * get).toPrecision(3)),
        ...result,
      }),
    );
    return { ...result, seconds, cpuSeconds };
  }

  const first = await told('full', async () => {
    const point = storedIn(await makePoint(parts, { kind: 'everything' }, null));
    const putsPerGib = perGib(counts.puts, point.bytesStored);
    const dollarsPerGib = perGib(counts.puts * dollarsForRequest.put, point.bytesStored, 6);
    return { ...point, putsPerGib, dollarsPerGib };
  });
  const written = await writtenBlocks(repository, first.pointId);
  const step = Math.floor(written.length / changed);
  let last: { readonly pointId: PointId } = first;
  await told(`${increments} increments of ${changed} blocks`, async () => {
    let bytesStored = 0;
    for (let increment = 0; increment < increments; increment += 1) {
      const blocks = Array.from({ length: changed }, (_, n) => {
        const index = written[n * step + (increment % step)] ?? (0 as BlockIndex);
        source.change(index);
        return { index, state: 'present' as const };
      });
      const selection: BlockSelection = { kind: 'changed', pages: each([blocks]) };
      const point = storedIn(await makePoint(parts, selection, last.pointId));
      bytesStored += point.bytesStored;
      last = point;
    }
    return { bytesStored };
  });
  const readings = { first: [] as Reading[], last: [] as Reading[] };
  for (let round = 0; round < readingRounds; round += 1) {
    for (const which of ['first', 'last'] as const) {
      const { pointId } = which === 'first' ? first : last;
      const reading = await told(`${which} point read`, async () => {
        const getsBefore = counts.gets;
        const dataBytes = await readWhole(repository, pointId);
        const getsOfPoint = counts.gets - getsBefore;
        return {
          dataBytes,
          getsPerGib: perGib(getsOfPoint, dataBytes),
          dollarsPerGib: perGib(getsOfPoint * dollarsForRequest.get, dataBytes, 6),
        };
      });
      readings[which].push(reading);
    }
  }
  await told(`${singleBlocks} single blocks of the last point`, async () => {
    const reader = await repository.openPoint(last.pointId);
    for (let n = 0; n < singleBlocks; n += 1) {
      const index = written[Math.floor((written.length / singleBlocks) * n)] ?? (0 as BlockIndex);
      await reader.readBlock(volumeId, index);
    }
    return {};
  });
  await repository.close();
  await source.close();
  await rm(root, { recursive: true });
  const ratio = (pick: (one: Reading) => number): number =>
    Number((median(readings.last.map(pick)) / median(readings.first.map(pick))).toFixed(3));
  const lastToFirst = {
    seconds: ratio((one) => one.seconds),
    cpuSeconds: ratio((one) => one.cpuSeconds),
  };
  console.log(JSON.stringify({ part: 'last point to first', lastToFirst, ratioMax }));
  if (lastToFirst.seconds > ratioMax) throw new Error(`the last point took too long to read`);
}

/** @returns how many bytes of data the point has */
async function readWhole(repository: Repository, pointId: PointId): Promise<number> {
  const reader = await repository.openPoint(pointId);
  let bytes = 0;
  const consume = (): Promise<void> => Promise.resolve();
  for await (const item of reader.readVolume(volumeId, { consume })) {
    if (item.kind === 'damage') throw new Error(`block ${item.firstBlock}: ${item.reason}`);
    if (item.state === 'data') bytes += item.blockCount * blockSizeBytes;
  }
  return bytes;
}

function storedIn({ pointId, volumes }: PointManifest) {
  return { pointId, bytesStored: volumes.reduce((sum, { bytesStored }) => sum + bytesStored, 0) };
}

/** Ascending. */
async function writtenBlocks(
  repository: Repository,
  pointId: PointId,
): Promise<readonly BlockIndex[]> {
  const reader = await repository.openPoint(pointId);
  const written: BlockIndex[] = [];
  for await (const run of reader.readStates(volumeId, 0 as BlockIndex)) {
    if (run.kind !== 'blocks' || run.state !== 'data') continue;
    for (let n = 0; n < run.blockCount; n += 1) written.push((run.first + n) as BlockIndex);
  }
  return written;
}

function perGib(count: number, bytes: number, digits = 1): number {
  return Number((count / (bytes / gib)).toFixed(digits));
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}

const [path, increments = '100', changed = '160', folder = tmpdir()] = process.argv.slice(2);
if (path === undefined) {
  throw new Error('usage: node bench/points.ts FILE [INCREMENTS] [CHANGED] [FOLDER]');
}
await main(path, Number(increments), Number(changed), folder);
