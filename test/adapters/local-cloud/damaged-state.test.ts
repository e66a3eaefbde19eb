import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import type { ErrorCode } from '../../../src/domain/errors/error-code.ts';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import type { SessionId, SnapshotSetId } from '../../../src/domain/identifiers.ts';
import type { InstanceDescription } from '../../../src/ports/cloud/instances.ts';
import type { SnapshotDescription } from '../../../src/ports/cloud/snapshots.ts';
import {
  type LocalCloudFixture,
  openFixture,
  owner,
  snapshotOne,
} from '../../support/local-cloud/local-cloud-fixture.ts';
import { usualMachine } from '../../../src/domain/policy/worker-policy.ts';

const other = { ...owner, sessionId: '0c0ffee0-0000-4000-8000-000000000002' as SessionId };

describe('damage in a local cloud', () => {
  let fixture: LocalCloudFixture;
  let instance: InstanceDescription;
  beforeEach(async () => {
    fixture = await openFixture();
    const imagePath = await fixture.makeDisk('a.img', 4 * blockSizeBytes);
    instance = await fixture.cloud.addInstance({
      instanceId: owner.instanceId,
      volumes: [{ device: '/dev/xvda', imagePath }],
    });
    await fixture.writeBlocks('a.img', { 0: 1, 2: 2 });
  });
  afterEach(() => fixture.dispose());

  const rejects = (outcome: Promise<unknown>, code: ErrorCode, message = /./) =>
    assert.rejects(outcome, (error) => {
      assert.ok(hasErrorCode(error, code), String(error));
      assert.match(error.message, message);
      return true;
    });
  const setFolder = ({ setId }: SnapshotDescription) =>
    path.join(fixture.folder, 'snapshots', setId);
  const tablePath = (snapshot: SnapshotDescription) =>
    path.join(setFolder(snapshot), `${snapshot.snapshotId}.digests`);

  describe('of a digest table', () => {
    const damages: Readonly<Record<string, (file: string) => Promise<void>>> = {
      'in its header': (file) => flip(file, 5),
      'in a page': (file) => flip(file, 100),
      'that is gone': (file) => rm(file),
    };
    for (const [where, damage] of Object.entries(damages)) {
      it(`${where} stops no new snapshot, which then knows only what is on the disk`, async () => {
        const parent = await snapshotOne(fixture.cloud, instance);
        await fixture.writeBlocks('a.img', { 0: 0, 3: 3 });
        await damage(tablePath(parent));

        const { snapshotId } = await snapshotOne(fixture.cloud, instance);

        const pages = fixture.cloud.changedBlocks.listSnapshotBlocks(snapshotId);
        assert.deepEqual((await Array.fromAsync(pages)).flat(), [2, 3]);
      });

      it(`${where} is told as an error after which more is read`, async () => {
        const base = await snapshotOne(fixture.cloud, instance);
        const later = await snapshotOne(fixture.cloud, instance);
        const { changedBlocks } = fixture.cloud;
        const changed = (first: SnapshotDescription, second: SnapshotDescription) =>
          Array.fromAsync(changedBlocks.listChangedBlocks(first.snapshotId, second.snapshotId));
        await damage(tablePath(base));

        await rejects(changed(base, later), 'SNAPSHOTS_UNRELATED', /table of the base .* damaged/);
        await rejects(changed(later, base), 'CHANGED_BLOCKS_UNAVAILABLE');
        await assert.rejects(
          Array.fromAsync(changedBlocks.listSnapshotBlocks(base.snapshotId)),
          (error) =>
            hasErrorCode(error, 'CHANGED_BLOCKS_UNAVAILABLE') &&
            error.details['reason'] === 'no-api',
        );
      });
    }
  });

  it('of a set stops its own session and its own ids, and nobody else', async () => {
    const { snapshots } = fixture.cloud;
    const damaged = await snapshotOne(fixture.cloud, instance);
    await flip(path.join(setFolder(damaged), 'set.json'), 0);
    const setId = 'other-set' as SnapshotSetId;
    const sound = await snapshots.createSet({
      ...instance,
      policyId: null,
      volumeTags: 'leave',
      setId,
      owner: other,
    });

    assert.deepEqual(await snapshots.find(other), sound);
    assert.deepEqual(await snapshots.listOf(instance.instanceId), sound);
    assert.deepEqual(await snapshots.describe(sound.map((one) => one.snapshotId)), sound);
    for (const { snapshotId } of sound) await snapshots.delete(snapshotId);

    await rejects(snapshots.find(owner), 'CLOUD_STATE_CORRUPT');
    await rejects(snapshots.describe([damaged.snapshotId]), 'CLOUD_STATE_CORRUPT');
    await rejects(snapshots.delete(damaged.snapshotId), 'CLOUD_STATE_CORRUPT');
    await rejects(
      snapshots.createSet({
        ...instance,
        policyId: null,
        volumeTags: 'leave',
        setId: damaged.setId,
        owner,
      }),
      'INVALID_ARGUMENT',
    );
  });

  it('of a set that does not tell whose it is stops every session that looks for its own', async () => {
    const damaged = await snapshotOne(fixture.cloud, instance);
    const image = `${damaged.snapshotId}.img`;
    const content = await readFile(path.join(setFolder(damaged), image));
    await fixture.cloud.snapshots.delete(damaged.snapshotId);
    await mkdir(setFolder(damaged));
    await writeFile(path.join(setFolder(damaged), image), content);

    await rejects(fixture.cloud.snapshots.find(other), 'CLOUD_STATE_CORRUPT');
  });

  it('of a worker or a temporary volume stops its own session only', async () => {
    const { volumes, workers } = fixture.cloud;
    const { snapshotId } = await snapshotOne(fixture.cloud, instance);
    const volume = await volumes.create({ snapshotId, owner, clientToken: 'v' });
    const worker = await workers.launch({
      owner,
      clientToken: 'w',
      userData: Buffer.from('end'),
      machine: usualMachine,
    });
    await flip(path.join(fixture.folder, 'volumes', volume.volumeId, 'volume.json'), 0);
    await flip(path.join(fixture.folder, 'workers', worker.workerId, 'worker.json'), 0);

    assert.deepEqual(await volumes.find(other), []);
    assert.deepEqual(await workers.find(other), []);
    await rejects(volumes.find(owner), 'CLOUD_STATE_CORRUPT');
    await rejects(workers.find(owner), 'CLOUD_STATE_CORRUPT');
    await rejects(workers.describe(worker.workerId), 'CLOUD_STATE_CORRUPT');
    const userData = Buffer.from('end');
    const launched = { owner: other, clientToken: 'x', userData, machine: usualMachine };
    assert.equal((await workers.launch(launched)).owner.sessionId, other.sessionId);
  });
});

/** Replaces the file (it may be read-only, and shared) by one with a bit flipped. */
async function flip(file: string, offset: number): Promise<void> {
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
  await rm(file);
  await writeFile(file, bytes);
}
