/**
 * How much an increment writes besides the blocks that changed, on a volume of whose map all leaves are full: all that
 * it writes, and what stays. Ends with an error when, of one block in a hundred scattered, more than 1 % of the changed
 * bytes stays; of as many neighbours, more than 0.2 %.
 *
 *     node bench/metadata.ts [GIB]
 *
 * The volume (64 GiB) is made of few contents in many places: a large map, and little to store. Nothing touches a disk.
 */
import { randomBytes } from 'node:crypto';
import { createMemoryObjectStore } from '../src/adapters/memory/object-store.ts';
import { systemClock } from '../src/adapters/system/system-clock.ts';
import { systemRandom } from '../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../src/domain/block-size.ts';
import type { BlockIndex } from '../src/domain/identifiers.ts';
import { strataFormat } from '../src/format/strata/strata-format.ts';
import type { BlockSource } from '../src/ports/block-source.ts';
import type { ObjectStore } from '../src/ports/object-store.ts';
import { makePoint } from './support/make-point.ts';

const contents = Array.from({ length: 64 }, (_, n) => Buffer.alloc(blockSizeBytes, `block ${n}; `));
const [gib = '64'] = process.argv.slice(2);
const blockCount = (Number(gib) * 1024 ** 3) / blockSizeBytes;
const onePercent = Math.ceil(blockCount / 100);

/** What is written of each kind of object; what is deleted again does not stay. */
function weighingObjectStore(inner: ObjectStore) {
  const stored = new Map<string, number>();
  let writtenBytes = 0;
  const objectStore: ObjectStore = {
    get: (...given) => inner.get(...given),
    head: (key) => inner.head(key),
    list: (...given) => inner.list(...given),
    retention: inner.retention,
    create: async (key, body, options) => {
      await inner.create(key, body, options);
      const parts = body instanceof Uint8Array ? [body] : body;
      const lengthBytes = parts.reduce((sum, part) => sum + part.length, 0);
      writtenBytes += lengthBytes;
      stored.set(key, lengthBytes);
    },
    delete: async (key) => {
      await inner.delete(key);
      stored.delete(key);
    },
  };
  const stayBytes = (): number => stored.values().reduce((sum, bytes) => sum + bytes, 0);
  return { objectStore, weigh: () => ({ written: writtenBytes, stay: stayBytes() }) };
}

const { objectStore, weigh } = weighingObjectStore(createMemoryObjectStore());
const written = new Map<number, Uint8Array>();
const source: BlockSource = {
  sizeBytes: blockCount * blockSizeBytes,
  read: (first, count, into) => {
    for (let index = 0; index < count; index += 1) {
      const block = written.get(first + index) ?? contents[(first + index) % contents.length];
      into.set(block ?? [], index * blockSizeBytes);
    }
    return Promise.resolve();
  },
  close: () => Promise.resolve(),
};
const repository = await strataFormat.createRepository({
  ...{ objectStore, random: systemRandom, clock: systemClock },
  secret: { kind: 'passphrase', passphrase: 'bench' },
});
const parts = { repository, objectStore, source };
let last = await makePoint(parts, { kind: 'everything' }, null);

const beyond: string[] = [];
for (const [work, count, stride, shareMax] of [
  ['1 % of the blocks, scattered', onePercent, Math.floor(blockCount / onePercent), 0.01],
  ['1 % of the blocks, neighbours', onePercent, 1, 0.002],
  ['16 blocks, scattered', 16, Math.floor(blockCount / 16), null],
  ['16 blocks, neighbours', 16, 1, null],
] as const) {
  const blocks = Array.from({ length: count }, (_, n) => {
    const index = (n * stride) as BlockIndex;
    written.set(index, randomBytes(blockSizeBytes));
    return { index, state: 'present' as const };
  });
  const before = weigh();
  last = await makePoint(parts, { kind: 'changed', pages: pagesOf(blocks) }, last.pointId);
  written.clear();
  const after = weigh();
  const [volume] = last.volumes;
  const dataBytes = volume?.bytesStored ?? 0;
  const changedBytes = count * blockSizeBytes;
  const share = (bytes: number): number => Number((bytes / changedBytes).toFixed(5));
  const stayShare = share(after.stay - before.stay - dataBytes);
  console.log(
    JSON.stringify({
      ...{ bench: 'metadata', gib: Number(gib), work, changedBytes },
      mapShare: share(volume?.mapBytesStored ?? 0),
      stayShare,
      writtenShare: share(after.written - before.written - dataBytes),
    }),
  );
  if (shareMax !== null && stayShare > shareMax) beyond.push(`${work}: ${stayShare * 100} %`);
}
await repository.close();
if (beyond.length > 0) throw new Error(`too much metadata: ${beyond.join('; ')}`);

async function* pagesOf<Item>(items: readonly Item[]): AsyncGenerator<readonly Item[]> {
  for (let first = 0; first < items.length; first += 10_000) {
    yield await Promise.resolve(items.slice(first, first + 10_000));
  }
}
