import assert from 'node:assert/strict';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { imageFile } from '../../../src/adapters/image-folder/image-file.ts';
import { serveNbd } from '../../../src/adapters/nbd/serve-nbd.ts';
import { blockLengthBytes, blockSizeBytes } from '../../../src/domain/block-size.ts';
import { isSnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { BlockIndex } from '../../../src/domain/identifiers.ts';
import { BlockCache } from '../../../src/engine/point/block-cache.ts';
import { PointImage } from '../../../src/engine/point/point-image.ts';
import { restoreVolume } from '../../../src/engine/restore/restore-volume.ts';
import type { Repository } from '../../../src/format/repository.ts';
import type { PointReader } from '../../../src/format/restore-point.ts';
import { NbdClient } from '../nbd/nbd-client.ts';
import { makeTemporaryFolder } from '../vault/temporary-folder.ts';
import type { FuzzSubject } from './fuzz-subject.ts';
import { blockOf, blocksOfRun, type KnownVolume } from './known-points.ts';
import type { Mutation, Objects } from './mutation.ts';

/** A way out of a repository that a fuzzed copy is sent through, besides restoring and verifying it. */
export const outputs = ['blocks', 'nbd', 'raw', 'qcow2', 'vhd'] as const;
export type Output = (typeof outputs)[number];

/** What a reader says of a repository that somebody has tampered with. */
const codesOfDamage: ReadonlySet<string> = new Set([
  'NOT_A_REPOSITORY',
  'OBJECT_CORRUPT',
  'OBJECT_NOT_FOUND',
  'OBJECT_RANGE',
  'REPOSITORY_VERSION',
  'UNKNOWN_POINT',
  'WRONG_PASSPHRASE',
]);

/** What became of a copy: everything is as it was, or something was told, with these codes. */
export interface FuzzOutcome {
  readonly told: ReadonlySet<string>;
}

/** Volumes up to this size are exported. */
const exportMaxBytes = 128 * 1024 * 1024;
const anyZeros = Buffer.alloc(blockSizeBytes);

/**
 * Reads a mutated copy through everything there is. Whatever is given out is what the repository held,
 * and what is not is told of with a code; what a reader is told of a point that is listed, a deep
 * verification tells, too.
 */
export async function assertSoundOrTold(
  subject: FuzzSubject,
  copy: Objects,
  mutations: readonly Mutation[],
  output: Output,
): Promise<FuzzOutcome> {
  const told = new Set<string>();
  const tell = (error: unknown): void => {
    if (!isSnapledgerError(error) || !codesOfDamage.has(error.code)) throw error;
    assert.ok(error.message !== '' && !/\n\s+at /.test(error.message), error.message);
    told.add(error.code);
  };
  let repository: Repository;
  try {
    repository = await subject.open(copy, mutations);
  } catch (error) {
    tell(error);
    return { told };
  }
  try {
    const listed = new Set<string>();
    try {
      for await (const { pointId, instanceId } of repository.listPoints()) {
        const known = subject.points.get(pointId);
        assert.ok(known?.manifest.instanceId === instanceId, `there never was a point ${pointId}`);
        listed.add(pointId);
      }
    } catch (error) {
      tell(error);
    }
    for (const [pointId, { manifest, volumes }] of subject.points) {
      let point: PointReader;
      try {
        point = await repository.openPoint(pointId);
      } catch (error) {
        tell(error);
        continue;
      }
      assert.deepEqual(point.manifest, manifest);
      for (const volume of volumes.values()) {
        await assertRestores(point, volume, told);
        if (output === 'blocks') await assertBlocks(point, volume, tell);
        else if (output !== 'nbd') await assertExports(point, volume, output, tell);
      }
      if (output === 'nbd') await assertServes(point, [...volumes.values()], told);
    }
    const isToldOfListed = told.has('OBJECT_CORRUPT') || told.has('damage');
    const isTold = await verifies(repository, tell);
    assert.ok(isTold || !isToldOfListed, `only reading tells: ${[...told].join(', ')}`);
    if (isTold) told.add('verify');
    return { told };
  } finally {
    await repository.close();
  }
}

async function verifies(repository: Repository, tell: (error: unknown) => void): Promise<boolean> {
  try {
    const steps = await Array.fromAsync(repository.verify({ depth: 'deep' }));
    return steps.some(({ kind }) => kind === 'finding');
  } catch (error) {
    tell(error);
    return true;
  }
}

async function assertRestores(
  point: PointReader,
  volume: KnownVolume,
  told: Set<string>,
): Promise<void> {
  let next = 0;
  for await (const part of point.readVolume(volume.volumeId)) {
    if (part.kind === 'damage') {
      assert.equal(part.firstBlock, next);
      assert.ok(part.objectKey !== '' && part.reason !== '');
      told.add('damage');
    } else {
      assert.equal(part.first, next);
      const expected = volume.blocks.slice(next, next + part.blockCount);
      assert.deepEqual(blocksOfRun(part), expected, `blocks of ${volume.volumeId}`);
    }
    next += part.blockCount;
  }
  assert.equal(next, volume.blocks.length, 'a volume is read to its end');
}

/** Blocks that are not all alike, and one of each run of those that are. */
function tellingBlocks({ blocks }: KnownVolume): readonly BlockIndex[] {
  return blocks.flatMap((block, index) =>
    block.length === 64 || blocks[index - 1] !== block ? [index as BlockIndex] : [],
  );
}

function assertContent(volume: KnownVolume, index: BlockIndex, content: Uint8Array): void {
  const lengthBytes = blockLengthBytes(volume.sizeBytes, index);
  assert.equal(content.length, lengthBytes);
  const known = volume.blocks[index] ?? '';
  const isZero = known === 'absent' || known === 'zero';
  const is = isZero
    ? Buffer.compare(content, anyZeros.subarray(0, lengthBytes)) === 0
    : blockOf(content) === known;
  assert.ok(is, `block ${index} of ${volume.volumeId} is not what it was`);
}

async function assertBlocks(
  point: PointReader,
  volume: KnownVolume,
  tell: (error: unknown) => void,
): Promise<void> {
  for (const index of tellingBlocks(volume)) {
    const content = await point.readBlock(volume.volumeId, index).catch((error: unknown) => {
      tell(error);
      return null;
    });
    if (content !== null) assertContent(volume, index, content);
  }
}

async function assertServes(
  point: PointReader,
  volumes: readonly KnownVolume[],
  told: Set<string>,
): Promise<void> {
  const cache = new BlockCache();
  let refused = 0;
  const problems: string[] = [];
  const server = await serveNbd({
    exports: volumes.map((volume) => ({
      name: volume.volumeId,
      description: '',
      image: new PointImage(point, volume, cache),
    })),
    host: '127.0.0.1',
    port: 0,
    onProblem: (line) => problems.push(line),
  });
  try {
    for (const volume of volumes) {
      const client = await NbdClient.open(server.port);
      await client.option(7, Buffer.concat([named(volume.volumeId), Buffer.alloc(2)]));
      for (const index of tellingBlocks(volume)) {
        const lengthBytes = blockLengthBytes(volume.sizeBytes, index);
        client.request(0, index * blockSizeBytes, lengthBytes);
        const { error, data } = await client.readSimple(lengthBytes);
        if (error === 0) assertContent(volume, index, data);
        else refused += 1;
      }
      client.close();
    }
  } finally {
    await server.close();
  }
  assert.equal(problems.length, refused, 'whoever serves is told what a client is told');
  if (refused > 0) told.add('nbd');
}

function named(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}

async function assertExports(
  point: PointReader,
  volume: KnownVolume,
  format: 'raw' | 'qcow2' | 'vhd',
  tell: (error: unknown) => void,
): Promise<void> {
  if (volume.sizeBytes > exportMaxBytes) return;
  // Those that have sectors take no disk that ends within one.
  if (format !== 'raw' && volume.sizeBytes % 512 !== 0) return;
  await using folder = await makeTemporaryFolder();
  const file = path.join(folder.path, 'image');
  const target = imageFile({ path: file, format, uuid: () => new Uint8Array(16) });
  const { signal } = new AbortController();
  let bytesDamaged: number;
  try {
    ({ bytesDamaged } = await restoreVolume(point, volume, target, { signal }));
  } catch (error) {
    tell(error);
    return;
  }
  const image = await open(bytesDamaged === 0 ? file : `${file}.damaged`);
  try {
    const damaged = bytesDamaged === 0 ? [] : await damageOf(`${file}.damaged.json`);
    for (const index of tellingBlocks(volume)) {
      const at = index * blockSizeBytes;
      if (damaged.some(({ from, to }) => from <= at && at < to)) continue;
      const lengthBytes = blockLengthBytes(volume.sizeBytes, index);
      const content =
        format === 'qcow2'
          ? await readQcow2(image, at, lengthBytes)
          : (await image.read(Buffer.alloc(lengthBytes), 0, lengthBytes, at)).buffer;
      assertContent(volume, index, content);
    }
  } finally {
    await image.close();
  }
}

async function damageOf(
  file: string,
): Promise<readonly { readonly from: number; readonly to: number }[]> {
  const list = JSON.parse(await readFile(file, 'utf8')) as readonly {
    readonly offsetBytes: number;
    readonly lengthBytes: number;
  }[];
  return list.map(({ offsetBytes, lengthBytes }) => ({
    from: offsetBytes,
    to: offsetBytes + lengthBytes,
  }));
}

/** A part of the disk in a qcow2 image of version 3 that has neither a backing file nor compression. */
async function readQcow2(image: FileHandle, offset: number, lengthBytes: number): Promise<Buffer> {
  const read = async (at: number, bytes: number): Promise<Buffer> => {
    const content = Buffer.alloc(bytes);
    await image.read(content, 0, bytes, at);
    return content;
  };
  const header = await read(0, 104);
  const clusterBytes = 2 ** header.readUInt32BE(20);
  const entriesPerTable = clusterBytes / 8;
  const addressMask = 0x00ff_ffff_ffff_fe00n;
  const parts: Buffer[] = [];
  for (let at = offset; at < offset + lengthBytes;) {
    const partBytes = Math.min(clusterBytes - (at % clusterBytes), offset + lengthBytes - at);
    const cluster = Math.floor(at / clusterBytes);
    const l1 = Number(header.readBigUInt64BE(40)) + 8 * Math.floor(cluster / entriesPerTable);
    const table = (await read(l1, 8)).readBigUInt64BE() & addressMask;
    const entryAt = Number(table) + 8 * (cluster % entriesPerTable);
    const entry = table === 0n ? 0n : (await read(entryAt, 8)).readBigUInt64BE();
    const isThere = (entry & addressMask) !== 0n && (entry & 1n) === 0n;
    const from = Number(entry & addressMask) + (at % clusterBytes);
    parts.push(isThere ? await read(from, partBytes) : Buffer.alloc(partBytes));
    at += partBytes;
  }
  return Buffer.concat(parts);
}
