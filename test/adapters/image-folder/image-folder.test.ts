import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { imageFolder } from '../../../src/adapters/image-folder/image-folder.ts';
import type { DeviceName, VolumeId } from '../../../src/domain/identifiers.ts';
import {
  formatIdentity,
  ownIdentity,
  type ProcessIdentity,
} from '../../../src/platform/process-identity.ts';
import type { ImageDamage, ImageTarget, ImageWriter } from '../../../src/ports/image-target.ts';
import {
  mountSmallFileSystem,
  whyNoSmallFileSystem,
} from '../../support/vault/small-file-system.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/vault/temporary-folder.ts';

const mebibyte = 1024 * 1024;
const volumeId = 'vol-1' as VolumeId;
const sda = '/dev/sda' as DeviceName;
const unable = await whyNoSmallFileSystem();

const damage: readonly ImageDamage[] = [
  { offsetBytes: 0, lengthBytes: 512, objectKey: 'packs/s/1', reason: 'it is not authentic' },
];

describe('a folder of restored images', () => {
  let temporary: TemporaryFolder;
  /** Not made yet. */
  let folder: string;
  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    folder = path.join(temporary.path, 'restored');
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  const target = (existing: 'refuse' | 'overwrite' = 'refuse'): ImageTarget =>
    imageFolder({ folder, existing });
  const open = (to: ImageTarget, device = sda, sizeBytes = 4096): Promise<ImageWriter> =>
    to.open({ volumeId, device, sizeBytes, signal: new AbortController().signal });
  const image = (name = 'sda.img'): string => path.join(folder, name);
  const write = async (to: ImageTarget, text: string): Promise<string> => {
    const writer = await open(to);
    await writer.write(0, Buffer.from(text));
    return (await writer.finish([])).location;
  };

  it('names each image after its device', async () => {
    for (const [device, name] of [
      ['/dev/xvda', 'xvda.img'],
      ['/dev/mapper/data', 'mapper-data.img'],
      ['sdb', 'sdb.img'],
    ] as const) {
      const { location } = await (await open(target(), device as DeviceName)).finish([]);
      assert.equal(location, image(name));
    }
  });

  it('refuses two volumes of one name, of which one would replace the other, before anything is written', async () => {
    const volumes = ['/dev/a/b', sda, '/dev/a-b'].map((device, index) => ({
      volumeId: `vol-${index}` as VolumeId,
      device: device as DeviceName,
      sizeBytes: 4096,
    }));
    for (const existing of ['refuse', 'overwrite'] as const) {
      await assert.rejects(target(existing).check(volumes), {
        code: 'INVALID_ARGUMENT',
        message: "/dev/a/b and /dev/a-b would both be restored to 'a-b.img'",
        remedy: /one at a time/,
      });
      await target(existing).check(volumes.slice(1));
    }
    await assert.rejects(readdir(folder), { code: 'ENOENT' });
  });

  it('writes where it is told, leaves holes elsewhere, and gives the image its whole size', async () => {
    const writer = await open(target(), sda, 64 * mebibyte + 512);
    await writer.write(32 * mebibyte, Buffer.from('in the middle'));
    await writer.write(64 * mebibyte, Buffer.from('at the end'));
    await writer.finish([]);
    const { size, blocks, mode } = await stat(image());
    assert.equal(size, 64 * mebibyte + 512);
    assert.ok(blocks * 512 < mebibyte);
    assert.equal(mode & 0o077, 0, 'nobody else may read it');
    const bytes = await readFile(image());
    assert.equal(bytes.subarray(32 * mebibyte, 32 * mebibyte + 13).toString(), 'in the middle');
    assert.equal(bytes.subarray(64 * mebibyte, 64 * mebibyte + 10).toString(), 'at the end');
  });

  it('shows nothing under the final name before the image is finished', async () => {
    const writer = await open(target());
    await writer.write(0, Buffer.from('half'));
    assert.match((await readdir(folder)).join(), /^sda\.img\.partial-[0-9a-f-]+$/);
    await writer.abort();
    assert.deepEqual(await readdir(folder), []);
  });

  it('refuses a file that is there, also one that appears meanwhile, and leaves it as it is', async () => {
    const writer = await open(target());
    await writeFile(image(), 'precious');
    await assert.rejects(target().check([{ volumeId, device: sda, sizeBytes: 4096 }]), {
      code: 'TARGET_EXISTS',
      message: new RegExp(image()),
    });
    await assert.rejects(open(target()), { code: 'TARGET_EXISTS' });
    await assert.rejects(writer.finish([]), { code: 'TARGET_EXISTS' });
    await writer.abort();
    assert.deepEqual(await readdir(folder), ['sda.img']);
    assert.equal(await readFile(image(), 'utf8'), 'precious');
  });

  it('replaces a file at once when it may overwrite', async () => {
    await write(target(), 'first');
    const writer = await open(target('overwrite'));
    await writer.write(0, Buffer.from('second'));
    assert.equal((await readFile(image())).subarray(0, 5).toString(), 'first');
    await writer.finish([]);
    assert.equal((await readFile(image())).subarray(0, 6).toString(), 'second');
  });

  it('gives a damaged image another name, with a list of the damage beside it', async () => {
    const writer = await open(target());
    const { location } = await writer.finish(damage);
    assert.equal(location, image('sda.img.damaged'));
    assert.deepEqual((await readdir(folder)).sort(), ['sda.img.damaged', 'sda.img.damaged.json']);
    const list: unknown = JSON.parse(await readFile(`${location}.json`, 'utf8'));
    assert.deepEqual(list, damage);
  });

  it('does not replace a damaged image either, unless it may overwrite', async () => {
    await (await open(target())).finish(damage);
    await assert.rejects(target().check([{ volumeId, device: sda, sizeBytes: 4096 }]), {
      code: 'TARGET_EXISTS',
      message: /sda\.img\.damaged/,
    });
    await (await open(target('overwrite'))).finish(damage);
  });

  it('keeps two restores to one place apart: the first to finish has it', async () => {
    const first = await open(target());
    await first.write(0, Buffer.from('first'));
    const second = await open(target());
    await second.write(0, Buffer.from('second'));
    await first.finish([]);
    await assert.rejects(second.finish([]), { code: 'TARGET_EXISTS' });
    await second.abort();
    assert.deepEqual(await readdir(folder), ['sda.img']);
    assert.equal((await readFile(image())).subarray(0, 5).toString(), 'first');
  });

  it('says before anything is read that something is there which no image can replace', async () => {
    for (const name of ['sda.img', 'sda.img.damaged']) {
      await mkdir(image(name), { recursive: true });
      const refused = {
        code: 'TARGET_EXISTS',
        message: new RegExp(`${image(name)}' is no file`),
      };
      for (const existing of ['refuse', 'overwrite'] as const) {
        await assert.rejects(
          target(existing).check([{ volumeId, device: sda, sizeBytes: 4096 }]),
          refused,
        );
        await assert.rejects(open(target(existing)), refused);
      }
      await rm(image(name), { recursive: true });
    }
    assert.deepEqual(await readdir(folder), []);
  });

  describe('removes an unfinished image', () => {
    const self = ownIdentity();
    const remains = async (creator: ProcessIdentity, ageHours = 0): Promise<boolean> => {
      await mkdir(folder, { recursive: true });
      const uuid = '00000000-0000-4000-8000-000000000000';
      const left = image(`sda.img.partial-${formatIdentity(creator)}-${uuid}`);
      await writeFile(left, 'half');
      const writtenAt = Date.now() / 1000 - ageHours * 3600;
      await utimes(left, writtenAt, writtenAt);
      await write(target('overwrite'), 'whole');
      const names = await readdir(folder);
      assert.ok(names.includes('sda.img'));
      return names.includes(path.basename(left));
    };

    it('of a process that died, when the same image is restored again', async () => {
      assert.equal(await remains({ ...self, startTicks: 1 }), false);
    });

    it('never of one that lives', async () => {
      assert.equal(await remains(self, 1000), true);
    });

    it('of another boot, machine or container only after a day', async () => {
      for (const elsewhere of [{ bootId: '0'.repeat(32) }, { pidNamespace: '1' }]) {
        assert.equal(await remains({ ...self, ...elsewhere }, 23), true);
        assert.equal(await remains({ ...self, ...elsewhere }, 25), false);
      }
    });

    it('and nothing else that is called so', async () => {
      await mkdir(folder);
      const own = ['sda.img.partial-mine', 'sdb.img.partial-mine', 'sda.img.partial'];
      for (const name of own) await writeFile(image(name), 'mine');
      await write(target(), 'whole');
      assert.deepEqual((await readdir(folder)).sort(), [...own, 'sda.img'].sort());
    });
  });

  it('names a file that is in the place of the folder, or of one above it', async () => {
    await writeFile(folder, 'a file');
    for (const place of [folder, path.join(folder, 'below'), path.join(folder, 'far', 'below')]) {
      for (const existing of ['refuse', 'overwrite'] as const) {
        const nowhere = imageFolder({ folder: place, existing });
        const message = `'${folder}' is a file, and images are restored into a folder`;
        const refused = { code: 'TARGET_EXISTS', message };
        await assert.rejects(nowhere.check([{ volumeId, device: sda, sizeBytes: 4096 }]), refused);
        await assert.rejects(open(nowhere), refused);
      }
    }
    assert.equal(await readFile(folder, 'utf8'), 'a file');
  });

  it('names a folder that cannot be made', async () => {
    await symlink(path.join(temporary.path, 'nowhere', 'at', 'all'), folder);
    await assert.rejects(open(target()), { code: 'INVALID_ARGUMENT', message: new RegExp(folder) });
  });

  it('says that there is no room, and leaves nothing', { skip: unable }, async () => {
    await using fileSystem = await mountSmallFileSystem(mebibyte);
    const small = imageFolder({ folder: fileSystem.path, existing: 'refuse' });
    const writer = await open(small, sda, 4 * mebibyte);
    const fill = async (): Promise<void> => {
      await writer.write(0, Buffer.alloc(2 * mebibyte, 1));
      await writer.finish([]);
    };
    await assert.rejects(fill(), { code: 'TARGET_FULL', message: /sda\.img/ });
    await writer.abort();
    assert.deepEqual(await readdir(fileSystem.path), []);
  });
});
