import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { imageFile } from '../../../src/adapters/image-folder/image-file.ts';
import {
  type ImageFormat,
  imageFormats,
} from '../../../src/adapters/image-folder/layout/image-layout.ts';
import { qcow2Layout } from '../../../src/adapters/image-folder/layout/qcow2-layout.ts';
import { vhdLayout } from '../../../src/adapters/image-folder/layout/vhd-layout.ts';
import { rawLayout } from '../../../src/adapters/image-folder/layout/raw-layout.ts';
import { LaidOutImage } from '../../../src/adapters/image-folder/laid-out-image.ts';
import { openRawImage } from '../../../src/adapters/image-folder/raw-image.ts';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import type { DeviceName, VolumeId } from '../../../src/domain/identifiers.ts';
import type { ImageWriter } from '../../../src/ports/image-target.ts';
import { noise } from '../../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/vault/temporary-folder.ts';

const sizeBytes = 9 * blockSizeBytes + 1024;
const volume = {
  volumeId: 'vol-1' as VolumeId,
  device: '/dev/xvda' as DeviceName,
  sizeBytes,
  signal: new AbortController().signal,
};
const block = (index: number): Buffer =>
  noise(`block ${index}`, Math.min(blockSizeBytes, sizeBytes - index * blockSizeBytes));

describe('an image file', () => {
  let temporary: TemporaryFolder;
  before(async () => {
    temporary = await makeTemporaryFolder();
  });
  after(() => temporary[Symbol.asyncDispose]());
  const open = (name: string, format: ImageFormat): Promise<ImageWriter> => {
    const path = join(temporary.path, name);
    return imageFile({ path, format, uuid: () => Buffer.alloc(16, 7) }).open(volume);
  };
  /** Blocks 9, 2 to 4 and 7, in this order; all others are never written. */
  const fill = async (writer: ImageWriter): Promise<void> => {
    await writer.write(9 * blockSizeBytes, block(9));
    await writer.write(2 * blockSizeBytes, Buffer.concat([2, 3, 4].map(block)));
    await writer.write(7 * blockSizeBytes, block(7));
  };
  const disk = Buffer.concat(
    Array.from({ length: 10 }, (_, index) =>
      [2, 3, 4, 7, 9].includes(index) ? block(index) : Buffer.alloc(block(index).length),
    ),
  );

  it("is the disk's bytes when it is raw, with holes where nothing was written", async () => {
    const writer = await open('disk.raw', 'raw');
    await fill(writer);
    const { location } = await writer.finish([]);
    assert.ok((await readFile(location)).equals(disk));
    const { blocks } = await stat(location);
    assert.ok(blocks * 512 <= 5 * blockSizeBytes, `${blocks} sectors are allocated`);
  });

  it('is those and a footer when it is a VHD', async () => {
    const writer = await open('disk.vhd', 'vhd');
    await fill(writer);
    const { location } = await writer.finish([]);
    const file = await readFile(location);
    assert.ok(file.subarray(0, sizeBytes).equals(disk));
    const footer = file.subarray(sizeBytes);
    assert.equal(footer.length, 512);
    assert.equal(footer.toString('latin1', 0, 8), 'conectix');
    assert.equal(footer.readBigUInt64BE(48), BigInt(sizeBytes));
    const sum = footer.reduce((total, byte, at) => (at >= 64 && at < 68 ? total : total + byte), 0);
    assert.equal(footer.readUInt32BE(64), ~sum >>> 0);
  });

  it('has what was written alone when it is qcow2, found by way of its tables', async () => {
    const writer = await open('disk.qcow2', 'qcow2');
    await fill(writer);
    const { location } = await writer.finish([]);
    const file = await readFile(location);
    assert.ok(readQcow2(file).equals(disk));
    assert.equal(file.length, (5 + 5) * blockSizeBytes, 'five clusters of tables, five of blocks');
  });

  for (const format of imageFormats) {
    it(`replaces nothing, and leaves nothing when it is given up (${format})`, async () => {
      const folder = join(temporary.path, `refused-${format}`);
      await mkdir(folder);
      const path = join(folder, 'disk');
      const target = imageFile({ path, format, uuid: () => new Uint8Array(16) });
      const writer = await target.open(volume);
      await fill(writer);
      await writer.abort();
      assert.deepEqual(await readdir(folder), []);

      await writeFile(path, 'mine');
      await assert.rejects(target.check([volume]), { code: 'TARGET_EXISTS' });
      await assert.rejects(target.open(volume), { code: 'TARGET_EXISTS' });
      assert.equal(await readFile(path, 'utf8'), 'mine');
    });

    it(`does not replace what came while it was written (${format})`, async () => {
      const writer = await open(`raced.${format}`, format);
      await fill(writer);
      const path = join(temporary.path, `raced.${format}`);
      await writeFile(path, 'mine');
      await assert.rejects(writer.finish([]), { code: 'TARGET_EXISTS' });
      await writer.abort().catch(() => undefined);
      assert.equal(await readFile(path, 'utf8'), 'mine');
    });

    it(`replaces nothing at the name of its list of damage either (${format})`, async () => {
      const writer = await open(`listed.${format}`, format);
      await fill(writer);
      const damaged = join(temporary.path, `listed.${format}.damaged`);
      await writeFile(`${damaged}.json`, 'mine');
      const damage = { offsetBytes: 0, lengthBytes: 512, objectKey: 'packs/s/0', reason: 'gone' };
      await assert.rejects(writer.finish([damage]), {
        code: 'TARGET_EXISTS',
        message: /\.damaged\.json' exists already/,
      });
      await writer.abort().catch(() => undefined);
      assert.equal(await readFile(`${damaged}.json`, 'utf8'), 'mine');
      await assert.rejects(stat(damaged), { code: 'ENOENT' });
      await assert.rejects(open(`listed.${format}`, format), { code: 'TARGET_EXISTS' });
    });

    it(`leaves no list beside a damaged image of somebody else (${format})`, async () => {
      const writer = await open(`other.${format}`, format);
      await fill(writer);
      const damaged = join(temporary.path, `other.${format}.damaged`);
      await writeFile(damaged, 'mine');
      const damage = { offsetBytes: 0, lengthBytes: 512, objectKey: 'packs/s/0', reason: 'gone' };
      await assert.rejects(writer.finish([damage]), { code: 'TARGET_EXISTS' });
      await writer.abort().catch(() => undefined);
      assert.equal(await readFile(damaged, 'utf8'), 'mine');
      await assert.rejects(stat(`${damaged}.json`), { code: 'ENOENT' });
    });

    it(`is called damaged, with a list beside it, when parts are missing (${format})`, async () => {
      const writer = await open(`hurt.${format}`, format);
      await fill(writer);
      const damage = { offsetBytes: 0, lengthBytes: 512, objectKey: 'packs/s/0', reason: 'gone' };
      const { location } = await writer.finish([damage]);
      assert.equal(location, join(temporary.path, `hurt.${format}.damaged`));
      assert.deepEqual(JSON.parse(await readFile(`${location}.json`, 'utf8')), [damage]);
    });
  }

  it('is not finished when it does not read back as what was to be written', async () => {
    const path = join(temporary.path, 'broken');
    const file = await openRawImage({ path, sizeBytes, existing: 'refuse' });
    const inPlace = rawLayout(sizeBytes);
    const astray = { ...inPlace, place: (index: number) => inPlace.place(index === 3 ? 1 : index) };
    const writer = new LaidOutImage(
      file,
      {
        ...astray,
        placed: () =>
          [2, 3, 4, 7, 9].map((each) => ({ block: each, fileOffset: each * blockSizeBytes })),
      },
      sizeBytes,
    );
    await fill(writer);
    await assert.rejects(writer.finish([]), {
      code: 'OBJECT_CORRUPT',
      message: /does not read back as what it was/,
    });
    await writer.abort();
    assert.ok(!(await readdir(temporary.path)).some((name) => name.startsWith('broken')));
  });

  it('holds one volume', async () => {
    const path = join(temporary.path, 'two');
    const target = imageFile({ path, format: 'raw', uuid: () => new Uint8Array(16) });
    await assert.rejects(target.check([volume, volume]), {
      code: 'INVALID_ARGUMENT',
      message: 'one file holds one volume',
    });
  });

  it('says what its format has no room for', () => {
    const uuid = new Uint8Array(16);
    assert.throws(() => vhdLayout(2041 * 1024 ** 3, uuid), { code: 'LIMIT_EXCEEDED' });
    assert.throws(() => vhdLayout(1000, uuid), { code: 'INVALID_ARGUMENT' });
    assert.throws(() => qcow2Layout(1000), { code: 'INVALID_ARGUMENT' });
  });

  it('keeps little for what is not written of a large one', () => {
    const layout = qcow2Layout(64 * 1024 ** 4);
    assert.equal(layout.place(123_456_789), layout.fileSizeBytes() - blockSizeBytes);
    assert.deepEqual(
      [...layout.placed()].map((placed) => placed.block),
      [123_456_789],
    );
    // Three clusters that are always there, 2048 L2 tables, and refcounts for all of it.
    assert.equal(layout.fileSizeBytes() / blockSizeBytes, 3 + 2048 + 513 + 1);
  });
});

/** A reader of qcow2 as its specification has it, for what is uncompressed and has no snapshots. */
function readQcow2(file: Buffer): Buffer {
  assert.equal(file.toString('latin1', 0, 4), 'QFI\xfb');
  const clusterBytes = 2 ** file.readUInt32BE(20);
  const disk = Buffer.alloc(Number(file.readBigUInt64BE(24)));
  const l1 = Number(file.readBigUInt64BE(40));
  const mask = 0x00ff_ffff_ffff_fe00n;
  for (let offset = 0; offset < disk.length; offset += clusterBytes) {
    const cluster = offset / clusterBytes;
    const perTable = clusterBytes / 8;
    const l2 = Number(file.readBigUInt64BE(l1 + 8 * Math.floor(cluster / perTable)) & mask);
    const at = Number(file.readBigUInt64BE(l2 + 8 * (cluster % perTable)) & mask);
    if (at !== 0) file.copy(disk, offset, at, at + clusterBytes);
  }
  return disk;
}
