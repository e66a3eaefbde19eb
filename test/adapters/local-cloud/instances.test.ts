import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, link, mkdir, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openLocalCloud } from '../../../src/adapters/local-cloud/local-cloud.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import type { ErrorCode } from '../../../src/domain/errors/error-code.ts';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../../src/domain/identifiers.ts';
import {
  type LocalCloudFixture,
  openFixture,
  tinyWorker,
} from '../../support/local-cloud/local-cloud-fixture.ts';

describe('instances of a local cloud', () => {
  let fixture: LocalCloudFixture;
  beforeEach(async () => {
    fixture = await openFixture();
  });
  afterEach(() => fixture.dispose());

  const add = (...imagePaths: readonly string[]) =>
    fixture.cloud.addInstance({
      instanceId: 'web-1',
      volumes: imagePaths.map((imagePath, n) => ({
        device: `/dev/xvd${'abc'[n] ?? ''}`,
        imagePath,
      })),
    });

  /** The error has this code, says which path and what to do, and nothing was stored. */
  const refuses = async (code: ErrorCode, imagePath: string, outcome: Promise<unknown>) => {
    await assert.rejects(outcome, (error) => {
      assert.ok(hasErrorCode(error, code), String(error));
      assert.ok(error.message.includes(imagePath), error.message);
      assert.ok(error.remedy !== undefined && error.remedy !== '');
      return true;
    });
    assert.deepEqual(await readdir(path.join(fixture.folder, 'instances')), []);
  };

  it('survive a restart, with their volume ids', async () => {
    const added = await add(await fixture.makeDisk('a.img', 4096));

    const reopened = await fixture.reopen();

    assert.deepEqual((await reopened.instances.readable()).instances, [added]);
    assert.match(added.volumes[0]?.volumeId ?? '', /^vol-[0-9a-f]{17}$/);
  });

  it('are seen at once by another process that has the folder open', async () => {
    const other = await fixture.reopen();

    const added = await add(await fixture.makeDisk('a.img', 4096));

    assert.deepEqual(await other.instances.describe(added.instanceId), added);
  });

  it('are described with the size that their disks have now', async () => {
    const image = await fixture.makeDisk('a.img', 4096);
    const { instanceId } = await add(image);

    await truncate(image, 8192);

    assert.equal((await fixture.cloud.instances.describe(instanceId)).volumes[0]?.sizeBytes, 8192);
  });

  it('exist once, even when they are added at the same time', async () => {
    const image = await fixture.makeDisk('a.img', 4096);

    const outcomes = await Promise.allSettled([add(image), add(image), add(image)]);

    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(failed.length, 2);
    for (const { reason } of failed) assert.ok(hasErrorCode(reason, 'INSTANCE_EXISTS'));
    await assert.rejects(add(image), (error) => hasErrorCode(error, 'INSTANCE_EXISTS'));
  });

  it('are forgotten when removed, and have the same volumes when added again, so that backups go on', async () => {
    const image = await fixture.makeDisk('a.img', 4096);
    const before = await add(image);

    await fixture.cloud.removeInstance(before.instanceId);

    await assert.rejects(fixture.cloud.removeInstance(before.instanceId), (error) =>
      hasErrorCode(error, 'UNKNOWN_INSTANCE'),
    );
    const [volume] = (await add(image)).volumes;
    assert.equal(volume?.volumeId, before.volumes[0]?.volumeId);
  });

  describe('are refused when a disk', () => {
    it('does not exist', () =>
      refuses('DISK_MISSING', fixture.diskPath('no.img'), add(fixture.diskPath('no.img'))));

    it('is below something that is no folder', async () => {
      const image = await fixture.makeDisk('a.img', 4096);
      await refuses('DISK_MISSING', `${image}/b.img`, add(`${image}/b.img`));
    });

    it('is the target of a link that leads nowhere', async () => {
      await symlink('/nowhere/at/all', fixture.diskPath('link.img'));
      await refuses(
        'DISK_MISSING',
        fixture.diskPath('link.img'),
        add(fixture.diskPath('link.img')),
      );
    });

    it('is a folder', async () => {
      await mkdir(fixture.diskPath('folder'));
      await refuses('DISK_UNREADABLE', fixture.diskPath('folder'), add(fixture.diskPath('folder')));
    });

    it('is a named pipe, without waiting for a writer', async () => {
      execFileSync('mkfifo', [fixture.diskPath('pipe')]);
      await refuses('DISK_UNREADABLE', fixture.diskPath('pipe'), add(fixture.diskPath('pipe')));
    });

    it('is a circle of links', async () => {
      await symlink('loop', fixture.diskPath('loop'));
      await refuses('DISK_UNREADABLE', fixture.diskPath('loop'), add(fixture.diskPath('loop')));
    });

    it('is empty', async () => {
      const image = await fixture.makeDisk('empty.img', 0);
      await refuses('DISK_EMPTY', image, add(image));
    });

    it('is no multiple of 512 bytes long', async () => {
      const image = await fixture.makeDisk('odd.img', 1025);
      await refuses('DISK_NOT_ALIGNED', image, add(await fixture.makeDisk('a.img', 4096), image));
    });

    it('is given twice, also by another path', async () => {
      const image = await fixture.makeDisk('a.img', 4096);
      await link(image, fixture.diskPath('b.img'));
      await symlink(image, fixture.diskPath('c.img'));
      await refuses('INVALID_ARGUMENT', image, add(image, image));
      await refuses('INVALID_ARGUMENT', 'b.img', add(image, fixture.diskPath('b.img')));
      await refuses('INVALID_ARGUMENT', 'c.img', add(image, fixture.diskPath('c.img')));
    });
  });

  it('are refused with an unusable id, device or number of disks', async () => {
    const imagePath = await fixture.makeDisk('a.img', 4096);
    const volumes = [{ device: '/dev/xvda', imagePath }];
    const requests = [
      ...['', '.', '..', '-a', 'a/b', '../a', 'a b', 'ä', 'a'.repeat(65)].map((instanceId) => ({
        instanceId,
        volumes,
      })),
      ...['', 'xvda', '/dev/', '/dev/../sda', '/dev/a b'].map((device) => ({
        instanceId: 'web-1',
        volumes: [{ device, imagePath }],
      })),
      { instanceId: 'web-1', volumes: [] },
      { instanceId: 'web-1', volumes: [{ device: '/dev/xvda', imagePath: '' }] },
      {
        instanceId: 'web-1',
        volumes: [...volumes, { device: '/dev/xvda', imagePath: await fixture.makeDisk('b', 512) }],
      },
    ];
    for (const request of requests) {
      await assert.rejects(fixture.cloud.addInstance(request), (error) =>
        hasErrorCode(error, 'INVALID_ARGUMENT'),
      );
    }
    assert.deepEqual((await fixture.cloud.instances.readable()).instances, []);
  });

  it('are all listed while the disk of one is missing, which only describing it tells', async () => {
    const image = await fixture.makeDisk('a.img', 4096);
    const { instanceId } = await add(image);
    await rm(image);

    const [listed] = (await fixture.cloud.instances.readable()).instances;

    assert.equal(listed?.volumes[0]?.sizeBytes, 4096);
    await assert.rejects(fixture.cloud.instances.describe(instanceId), (error) =>
      hasErrorCode(error, 'DISK_MISSING'),
    );
  });

  it('with a damaged record are an error that names the file', async () => {
    const { instanceId } = await add(await fixture.makeDisk('a.img', 4096));
    const file = path.join(fixture.folder, 'instances', instanceId, 'instance.json');
    const damaged = ['', '{', '[]', '{"version":1}', '{"version":2}', 'x'.repeat(10)];
    for (const content of damaged) {
      await writeFile(file, content);
      await assert.rejects(fixture.cloud.instances.describe(instanceId), (error) => {
        assert.ok(hasErrorCode(error, 'CLOUD_STATE_CORRUPT'), String(error));
        assert.ok(error.message.includes(file));
        return true;
      });
    }
    await rm(file);
    await assert.rejects(fixture.cloud.instances.describe(instanceId), (error) =>
      hasErrorCode(error, 'CLOUD_STATE_CORRUPT'),
    );
  });

  it('with the record of another are damaged, and not that other one', async () => {
    const web = await add(await fixture.makeDisk('a.img', 4096));
    const { instanceId } = await fixture.cloud.addInstance({
      instanceId: 'mail-1',
      volumes: [{ device: '/dev/xvda', imagePath: await fixture.makeDisk('b.img', 4096) }],
    });
    const fileOf = (id: string): string =>
      path.join(fixture.folder, 'instances', id, 'instance.json');
    await copyFile(fileOf(web.instanceId), fileOf(instanceId));

    const { instances, unreadable } = await fixture.cloud.instances.readable();

    assert.deepEqual(instances, [web]);
    assert.deepEqual(
      unreadable.map((one) => [one.instanceId, one.error.code]),
      [[instanceId, 'CLOUD_STATE_CORRUPT']],
    );
    await assert.rejects(fixture.cloud.instances.describe(instanceId), {
      code: 'CLOUD_STATE_CORRUPT',
      message: `${fileOf(instanceId)} is that of another instance, 'web-1'`,
    });
  });

  it('are told apart from those with a damaged record', async () => {
    const sound = await add(await fixture.makeDisk('a.img', 4096));
    const { instanceId } = await fixture.cloud.addInstance({
      instanceId: 'damaged-1',
      volumes: [{ device: '/dev/xvda', imagePath: await fixture.makeDisk('b.img', 4096) }],
    });
    const file = path.join(fixture.folder, 'instances', instanceId, 'instance.json');
    await writeFile(file, '{');
    const { instances, unreadable } = await fixture.cloud.instances.readable();
    assert.deepEqual(instances, [sound]);
    assert.deepEqual(
      unreadable.map((one) => [one.instanceId, one.error.code]),
      [['damaged-1', 'CLOUD_STATE_CORRUPT']],
    );
    assert.ok(unreadable[0]?.error.message.includes(file));
  });

  it('whose record the system does not let read stop no others', async () => {
    const sound = await add(await fixture.makeDisk('a.img', 4096));
    const folderOf = (id: string): string => path.join(fixture.folder, 'instances', id);
    await mkdir(path.join(folderOf('folder-1'), 'instance.json'), { recursive: true });
    await symlink('circle-1', folderOf('circle-1'));

    const { instances, unreadable } = await fixture.cloud.instances.readable();

    assert.deepEqual(instances, [sound]);
    assert.deepEqual(
      unreadable.map((one) => [one.instanceId, one.error.code]),
      [
        ['circle-1', 'STORE_UNAVAILABLE'],
        ['folder-1', 'STORE_UNAVAILABLE'],
      ],
    );
  });

  it('whose folder was moved to a disk that is away are not gone', async () => {
    await symlink(fixture.diskPath('away'), path.join(fixture.folder, 'instances', 'moved-1'));
    const { unreadable } = await fixture.cloud.instances.readable();
    assert.deepEqual(
      unreadable.map((one) => [one.instanceId, one.error.code]),
      [['moved-1', 'CLOUD_STATE_CORRUPT']],
    );
  });

  it('are not what has no folder', async () => {
    await writeFile(path.join(fixture.folder, 'instances', 'notes'), 'dear');
    assert.deepEqual(await fixture.cloud.instances.readable(), { instances: [], unreadable: [] });
    await assert.rejects(fixture.cloud.instances.describe('notes' as InstanceId), {
      code: 'UNKNOWN_INSTANCE',
    });
  });

  it('cannot be told at all when their folder cannot be listed', async () => {
    const folder = path.join(fixture.folder, 'instances');
    await rm(folder, { recursive: true });
    await writeFile(folder, '');
    await assert.rejects(fixture.cloud.instances.readable(), { code: 'STORE_UNAVAILABLE' });
  });

  it('of an id that would lead out of the folder are unknown', async () => {
    for (const id of ['../instances', '..', '', '/etc']) {
      await assert.rejects(fixture.cloud.instances.describe(id as InstanceId), (error) =>
        hasErrorCode(error, 'UNKNOWN_INSTANCE'),
      );
    }
  });

  it('are not looked for in a folder that is not a local cloud', async () => {
    const folder = fixture.diskPath('documents');
    await mkdir(folder);
    await writeFile(path.join(folder, 'letter.txt'), 'dear');

    const opening = openLocalCloud({
      folder,
      clock: systemClock,
      random: systemRandom,
      workerProgram: [tinyWorker],
    });

    await assert.rejects(opening, (error) => hasErrorCode(error, 'INVALID_ARGUMENT'));
    assert.deepEqual(await readdir(folder), ['letter.txt']);
  });
});
