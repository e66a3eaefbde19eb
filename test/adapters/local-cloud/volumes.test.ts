import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import type { SnapshotId, VolumeId, WorkerId } from '../../../src/domain/identifiers.ts';
import {
  type LocalCloudFixture,
  openFixture,
  owner,
  snapshotOne,
} from '../../support/local-cloud/local-cloud-fixture.ts';
import { usualMachine } from '../../../src/domain/policy/worker-policy.ts';

describe('temporary volumes of a local cloud', () => {
  let fixture: LocalCloudFixture;
  let snapshotId: SnapshotId;
  beforeEach(async () => {
    fixture = await openFixture();
    const imagePath = await fixture.makeDisk('a.img', 2 * blockSizeBytes);
    await fixture.writeBlocks('a.img', { 1: 5 });
    const volumes = [{ device: '/dev/xvda', imagePath }];
    const instance = await fixture.cloud.addInstance({ instanceId: 'web-1', volumes });
    ({ snapshotId } = await snapshotOne(fixture.cloud, instance));
  });
  afterEach(() => fixture.dispose());

  const create = (clientToken = 'volume') =>
    fixture.cloud.volumes.create({ snapshotId, owner, clientToken });
  const launch = (clientToken = 'worker') =>
    fixture.cloud.workers.launch({
      owner,
      clientToken,
      userData: Buffer.from('wait'),
      machine: usualMachine,
    });
  const devicePath = (workerId: WorkerId, volumeId: VolumeId) =>
    path.join(fixture.folder, 'workers', workerId, 'devices', volumeId);

  it('take no room of their own and are read-only', async () => {
    const { volumeId } = await create();
    const { workerId } = await launch();
    await fixture.cloud.volumes.attach(volumeId, workerId);

    const { nlink, mode } = await stat(devicePath(workerId, volumeId));
    assert.equal(nlink, 3);
    assert.equal(mode & 0o222, 0);
  });

  it('stay readable when their snapshot is deleted', async () => {
    const { volumeId } = await create();
    const { workerId } = await launch();

    await fixture.cloud.snapshots.delete(snapshotId);
    await fixture.cloud.volumes.attach(volumeId, workerId);

    const content = await readFile(devicePath(workerId, volumeId));
    assert.ok(content.equals(await readFile(fixture.diskPath('a.img'))));
  });

  it('survive a restart, attached as they were', async () => {
    const volume = await create();
    const { workerId } = await launch();
    await fixture.cloud.volumes.attach(volume.volumeId, workerId);

    const reopened = await fixture.reopen();

    assert.deepEqual(await reopened.volumes.find(owner), [{ ...volume, attachedTo: workerId }]);
  });

  it('vanish from the worker when they are deleted', async () => {
    const { volumeId } = await create();
    const { workerId } = await launch();
    await fixture.cloud.volumes.attach(volumeId, workerId);

    await fixture.cloud.volumes.delete(volumeId);

    assert.deepEqual(await readdir(path.dirname(devicePath(workerId, volumeId))), []);
    assert.deepEqual(await readdir(path.join(fixture.folder, 'volumes')), []);
  });

  it('are attached to one worker at a time, and free again when it is gone', async () => {
    const { volumeId } = await create();
    const [one, other] = [await launch('one'), await launch('other')];
    await fixture.cloud.volumes.attach(volumeId, one.workerId);

    await assert.rejects(fixture.cloud.volumes.attach(volumeId, other.workerId), (error) =>
      hasErrorCode(error, 'INVALID_ARGUMENT'),
    );
    await fixture.cloud.workers.terminate(one.workerId);
    assert.equal((await fixture.cloud.volumes.find(owner))[0]?.attachedTo, null);
    await fixture.cloud.volumes.attach(volumeId, other.workerId);

    assert.equal((await fixture.cloud.volumes.find(owner))[0]?.attachedTo, other.workerId);
  });

  it('are not another volume for the same token', async () => {
    await create('token');
    const instance = (await fixture.cloud.instances.readable()).instances[0];
    assert.ok(instance !== undefined);
    const other = await snapshotOne(fixture.cloud, instance);

    await assert.rejects(
      fixture.cloud.volumes.create({ ...other, clientToken: 'token' }),
      (error) => hasErrorCode(error, 'INVALID_ARGUMENT'),
    );
  });

  it('that do not exist cannot be attached', async () => {
    const { workerId } = await launch();

    for (const id of ['vol-00000000000000000', '../instances/web-1', '']) {
      await assert.rejects(fixture.cloud.volumes.attach(id as VolumeId, workerId), (error) =>
        hasErrorCode(error, 'VOLUME_NOT_FOUND'),
      );
      await fixture.cloud.volumes.delete(id as VolumeId);
    }
    assert.equal((await fixture.cloud.instances.readable()).instances.length, 1);
  });
});
