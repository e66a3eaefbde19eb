import assert from 'node:assert/strict';
import { readdir, readlink, truncate } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../../src/domain/identifiers.ts';
import type { InstanceDescription } from '../../../src/ports/cloud/instances.ts';
import {
  type LocalCloudFixture,
  openFixture,
  owner,
  snapshotOne,
} from '../../support/local-cloud/local-cloud-fixture.ts';

describe('changed blocks of a local cloud', () => {
  let fixture: LocalCloudFixture;
  beforeEach(async () => {
    fixture = await openFixture();
  });
  afterEach(() => fixture.dispose());

  const addInstance = async (sizeBytes: number): Promise<InstanceDescription> =>
    fixture.cloud.addInstance({
      instanceId: owner.instanceId,
      volumes: [{ device: '/dev/xvda', imagePath: await fixture.makeDisk('a.img', sizeBytes) }],
    });
  const take = async (instance: InstanceDescription): Promise<SnapshotId> =>
    (await snapshotOne(fixture.cloud, instance)).snapshotId;
  const present = async (snapshotId: SnapshotId) =>
    (await Array.fromAsync(fixture.cloud.changedBlocks.listSnapshotBlocks(snapshotId))).flat();
  const changed = async (first: SnapshotId, second: SnapshotId) => {
    const pages = fixture.cloud.changedBlocks.listChangedBlocks(first, second);
    const blocks = (await Array.fromAsync(pages)).flat();
    return blocks.map(({ index, state }) => `${index} ${state}`);
  };

  it('are the same where disks are read on no thread of their own', async () => {
    const instance = await addInstance(4_100 * blockSizeBytes + 1_024);
    const cloud = await fixture.reopen({ scansOn: 'caller' });
    const takeThere = async (): Promise<SnapshotId> =>
      (await snapshotOne(cloud, instance)).snapshotId;
    await fixture.writeBlocks('a.img', { 0: 1, 4_095: 1 });
    const before = await takeThere();
    await fixture.writeBlocks('a.img', { 0: 0, 4_095: 1, 4_096: 4, 4_100: 6 });
    const after = await takeThere();

    assert.deepEqual(await changed(before, after), ['0 present', '4096 present', '4100 present']);
    assert.deepEqual(await present(after), [0, 4_095, 4_096, 4_100]);
    assert.deepEqual(await changed(after, await take(instance)), []);
  });

  it('are exactly the eight that were written, in pages of at most 4,096, up to the short last one', async () => {
    const instance = await addInstance(4_100 * blockSizeBytes + 1_024);
    await fixture.writeBlocks('a.img', { 0: 1, 7: 1, 4_095: 1 });
    const before = await take(instance);

    const writes = { 0: 2, 1: 1, 7: 0, 8: 1, 4_095: 3, 4_096: 4, 4_099: 5, 4_100: 6 };
    await fixture.writeBlocks('a.img', writes);
    const after = await take(instance);

    assert.deepEqual(
      await changed(before, after),
      Object.keys(writes).map((index) => `${index} present`),
    );
    const pages = fixture.cloud.changedBlocks.listChangedBlocks(before, after);
    assert.deepEqual(
      (await Array.fromAsync(pages)).map((page) => page.length),
      [5, 3],
    );
    assert.deepEqual(await present(before), [0, 7, 4_095]);
    assert.deepEqual(await present(after), [0, 1, 7, 8, 4_095, 4_096, 4_099, 4_100]);
    assert.deepEqual(await changed(after, after), []);
  });

  it('do not include a block that was written with what it held', async () => {
    const instance = await addInstance(8 * blockSizeBytes);
    await fixture.writeBlocks('a.img', { 3: 1 });
    const before = await take(instance);
    await fixture.writeBlocks('a.img', { 3: 1, 5: 0 });

    assert.deepEqual(await changed(before, await take(instance)), []);
  });

  it('are absent where the second snapshot is of before the first', async () => {
    const instance = await addInstance(8 * blockSizeBytes);
    await fixture.writeBlocks('a.img', { 3: 1 });
    const older = await take(instance);
    await fixture.writeBlocks('a.img', { 3: 2, 5: 1 });
    const newer = await take(instance);

    assert.deepEqual(await changed(newer, older), ['3 present', '5 absent']);
  });

  it('stay present when they are zeroed, over deleted snapshots and restarts', async () => {
    const instance = await addInstance(2 * blockSizeBytes + 512);
    await fixture.writeBlocks('a.img', { 1: 1, 2: 1 });
    const written = await take(instance);
    await fixture.writeBlocks('a.img', { 1: 0, 2: 0 });
    const zeroed = await take(instance);
    await fixture.cloud.snapshots.delete(written);

    const later = await snapshotOne(await fixture.reopen(), instance);

    assert.deepEqual(await present(later.snapshotId), [1, 2]);
    assert.deepEqual(await changed(zeroed, later.snapshotId), []);
  });

  it('begin anew when no snapshot of the volume is left', async () => {
    const instance = await addInstance(2 * blockSizeBytes);
    await fixture.writeBlocks('a.img', { 1: 1 });
    await fixture.cloud.snapshots.delete(await take(instance));
    await fixture.writeBlocks('a.img', { 1: 0 });

    assert.deepEqual(await present(await take(instance)), []);
  });

  it('are not told of a resized disk, whose blocks stay present all the same', async () => {
    const instance = await addInstance(2 * blockSizeBytes + 512);
    await fixture.writeBlocks('a.img', { 1: 1, 2: 1 });
    const before = await take(instance);
    await truncate(fixture.diskPath('a.img'), 6 * blockSizeBytes);
    await fixture.writeBlocks('a.img', { 1: 0, 5: 1 });
    const grown = await snapshotOne(fixture.cloud, instance);

    assert.equal(grown.sizeBytes, 6 * blockSizeBytes);
    assert.deepEqual(await present(grown.snapshotId), [1, 2, 5]);
    await assert.rejects(changed(before, grown.snapshotId), (error) =>
      hasErrorCode(error, 'SNAPSHOTS_UNRELATED'),
    );
  });

  it('can be left in the middle of the listing', async () => {
    const instance = await addInstance(2 * blockSizeBytes);
    await fixture.writeBlocks('a.img', { 1: 1 });
    const snapshotId = await take(instance);

    for await (const page of fixture.cloud.changedBlocks.listSnapshotBlocks(snapshotId)) {
      assert.deepEqual(page, [1]);
      break;
    }

    assert.deepEqual(await openTables(), []);
  });
});

/** The digest tables that this process has open. */
async function openTables(): Promise<readonly string[]> {
  const names = await readdir('/proc/self/fd');
  const targets = await Promise.all(
    names.map((name) => readlink(path.join('/proc/self/fd', name)).catch(() => '')),
  );
  return targets.filter((target) => target.endsWith('.digests'));
}
