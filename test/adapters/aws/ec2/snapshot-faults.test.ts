import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type {
  PolicyId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
} from '../../../../src/domain/identifiers.ts';
import type { InstanceDescription } from '../../../../src/ports/cloud/instances.ts';
import type {
  SnapshotDescription,
  SnapshotSetRequest,
} from '../../../../src/ports/cloud/snapshots.ts';
import {
  type Ec2Fixture,
  fastLimits,
  homeRegion,
  openEc2Fixture,
} from '../../../support/aws/ec2/ec2-fixture.ts';

describe('snapshots of EC2', () => {
  let fixture: Ec2Fixture;
  let instance: InstanceDescription;
  let sessionId: SessionId;

  beforeEach(async () => {
    fixture = await openEc2Fixture();
    sessionId = systemRandom.uuid() as SessionId;
    const id = await fixture.addInstance([
      { device: '/dev/xvda', sizeGib: 1 },
      { device: '/dev/sdf', sizeGib: 2, tags: [{ Key: 'Name', Value: 'data' }] },
    ]);
    instance = await fixture.cloud.instances.describe(id);
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  const request = (): SnapshotSetRequest => ({
    setId: systemRandom.uuid() as SnapshotSetId,
    owner: { sessionId, instanceId: instance.instanceId },
    instanceId: instance.instanceId,
    volumes: instance.volumes,
    policyId: 'nightly' as PolicyId,
    volumeTags: 'leave',
    configuration: instance.configuration,
  });
  const take = (): Promise<readonly SnapshotDescription[]> =>
    fixture.cloud.snapshots.createSet(request());
  const calls = (operation: string): number => fixture.aws.faults.calls(operation);
  const visible = async (): Promise<void> => {
    const { timing } = fixture.ec2.world;
    await new Promise((resolve) => setTimeout(resolve, timing.visibleAfterMs + 10));
  };

  describe('when something goes wrong with the request', () => {
    it('are found when the reply was lost, and not taken twice', async () => {
      fixture.aws.faults.arm('CreateSnapshots', { kind: 'reply-lost' });

      const taken = await take();

      assert.equal(taken.length, 2);
      assert.equal(calls('CreateSnapshots'), 1);
      assert.equal(fixture.ec2.world.snapshots.all().length, 2);
    });

    it('are found when the answer was an error after the effect', async () => {
      const fault = { kind: 'error', status: 500, code: 'InternalError' } as const;
      fixture.aws.faults.arm('CreateSnapshots', { ...fault, when: 'after-effect' });

      assert.equal((await take()).length, 2);
      assert.equal(fixture.ec2.world.snapshots.all().length, 2);
    });

    it('are given up, to be tried later, when the request did nothing', async () => {
      fixture.aws.faults.arm('CreateSnapshots', { kind: 'cut-before' });

      await assert.rejects(
        take(),
        (error) => hasErrorCode(error, 'CLOUD_UNAVAILABLE') && error.retry === 'retryable',
      );
      assert.equal(calls('CreateSnapshots'), 1);
      assert.equal(fixture.ec2.world.snapshots.all().length, 0);
    });

    it('are asked for again when EC2 refuses only for now', async () => {
      for (const code of ['RequestLimitExceeded', 'SnapshotCreationPerVolumeRateExceeded']) {
        const fault = { kind: 'error', status: code.startsWith('R') ? 503 : 400, code } as const;
        fixture.aws.faults.arm('CreateSnapshots', fault);
      }

      assert.equal((await take()).length, 2);
      assert.equal(calls('CreateSnapshots'), 3);
    });

    it('are not asked for again when EC2 refuses for good, and the error names no secret', async () => {
      const fault = { kind: 'error', status: 403, code: 'UnauthorizedOperation' } as const;
      fixture.aws.faults.arm('CreateSnapshots', fault);

      await assert.rejects(take(), (error) => {
        assert.ok(hasErrorCode(error, 'CLOUD_ACCESS_DENIED'));
        assert.equal(error.details['awsCode'], 'UnauthorizedOperation');
        assert.ok(!error.message.includes('AKIA'));
        return true;
      });
      assert.equal(calls('CreateSnapshots'), 1);
    });

    it('do not wait for ever for an answer', async () => {
      const cloud = fixture.reopen({ limits: { ...fastLimits, requestTimeoutMs: 1_000 } });
      fixture.aws.faults.arm('DescribeSnapshots', { kind: 'hang' }, 2);

      assert.deepEqual(await cloud.snapshots.find({ sessionId }), []);
      fixture.aws.faults.arm('DescribeSnapshots', { kind: 'hang' }, Infinity);
      await assert.rejects(cloud.snapshots.find({ sessionId }), (error) =>
        hasErrorCode(error, 'CLOUD_UNAVAILABLE'),
      );
      assert.equal(calls('DescribeSnapshots'), 3 + fastLimits.attemptsMax);
    });
  });

  it('leave out what the request does not name, the root as well', async () => {
    const [data, root] = instance.volumes;
    assert.ok(data?.role === 'data' && root?.role === 'root');

    const ofData = await fixture.cloud.snapshots.createSet({ ...request(), volumes: [data] });
    const ofRoot = await fixture.cloud.snapshots.createSet({ ...request(), volumes: [root] });

    assert.deepEqual(
      [...ofData, ...ofRoot].map(({ volumeId, device }) => ({ volumeId, device })),
      [data, root].map(({ volumeId, device }) => ({ volumeId, device })),
    );
  });

  it('are told of by who made them before listings show them', async () => {
    fixture.ec2.world.timing.visibleAfterMs = 60_000;

    const taken = await take();

    const ids = taken.map(({ snapshotId }) => snapshotId);
    const described = await fixture.cloud.snapshots.describe(ids);
    assert.deepEqual(described.map(({ snapshotId }) => snapshotId).toSorted(), ids.toSorted());
    assert.equal((await fixture.cloud.snapshots.find({ sessionId })).length, 2);
    assert.equal((await fixture.reopen().snapshots.find({ sessionId })).length, 0);
  });

  it('of many sets are described by one listing in pages', async () => {
    const taken = [...(await take()), ...(await take()), ...(await take())];
    await visible();
    const before = calls('DescribeSnapshots');

    const ids = taken.map(({ snapshotId }) => snapshotId);
    assert.equal((await fixture.reopen().snapshots.describe(ids)).length, 6);

    assert.equal(calls('DescribeSnapshots') - before, 2);
  });

  it('are kept by EC2 when an image is made of one, which is not our failure', async () => {
    const [snapshot] = await take();
    assert.ok(snapshot !== undefined);
    await visible();
    const fake = fixture.ec2.world.snapshots.require(snapshot.snapshotId);
    fake.heldBy = 'InvalidSnapshot.InUse';

    await assert.rejects(
      fixture.cloud.snapshots.delete(snapshot.snapshotId),
      (error) => hasErrorCode(error, 'SNAPSHOT_HELD') && error.message.includes('image (AMI)'),
    );
    fake.heldBy = null;
    await fixture.cloud.snapshots.delete(snapshot.snapshotId);
    await fixture.cloud.snapshots.delete(snapshot.snapshotId);
    await fixture.cloud.snapshots.delete('snap-0' as SnapshotId);
  });

  describe('that EC2 does not find when they are to be removed', () => {
    const notFound = { kind: 'error', status: 400, code: 'InvalidSnapshot.NotFound' } as const;
    const exists = (snapshotId: SnapshotId): boolean =>
      fixture.ec2.world.snapshots.find(snapshotId) !== undefined;
    const takeOne = async (): Promise<SnapshotDescription> => {
      const [snapshot] = await take();
      assert.ok(snapshot !== undefined);
      return snapshot;
    };

    it('are removed nevertheless when they were made a moment ago', async () => {
      fixture.ec2.world.timing.visibleAfterMs = 400;
      const { snapshotId } = await takeOne();

      await fixture.cloud.snapshots.delete(snapshotId);

      assert.ok(!exists(snapshotId));
    });

    it('are removed nevertheless when a listing showed them, and another process made them', async () => {
      const { snapshotId } = await takeOne();
      await visible();
      const { snapshots } = fixture.reopen();
      await snapshots.find({ sessionId });
      fixture.aws.faults.arm('DeleteSnapshot', notFound, 2);

      await snapshots.delete(snapshotId);

      assert.ok(!exists(snapshotId));
      assert.equal(calls('DeleteSnapshot'), 3);
    });

    it('are gone, without a wait, when they are old or nothing is known of them', async () => {
      const { snapshotId } = await takeOne();
      await visible();
      const { snapshots } = fixture.reopen();
      const world = fixture.ec2.world.snapshots;
      const fake = world.require(snapshotId);
      world.add({ ...fake, madeAtMs: fake.madeAtMs - 2 * fastLimits.appearanceMs });
      assert.equal((await snapshots.find({ sessionId })).length, 2);
      fixture.aws.faults.arm('DeleteSnapshot', notFound);

      await snapshots.delete(snapshotId);
      await snapshots.delete('snap-0123456789abcdef0' as SnapshotId);

      assert.equal(calls('DeleteSnapshot'), 2);
    });

    it('are gone when this is still so once EC2 must know them', async () => {
      const appearanceMs = 1_000;
      const { snapshots } = fixture.reopen({ limits: { ...fastLimits, appearanceMs } });
      const taken = await snapshots.createSet(request());
      for (const { snapshotId } of taken) fixture.ec2.world.snapshots.remove(snapshotId);

      for (const { snapshotId } of taken) await snapshots.delete(snapshotId);

      assert.ok(calls('DeleteSnapshot') > taken.length);
      assert.deepEqual(await snapshots.find({ sessionId }), []);
    });

    it('are removed nevertheless when they were never wanted', async () => {
      const { snapshots } = fixture.reopen({ clockAheadMs: 16 * 60_000 });
      fixture.aws.faults.arm('DeleteSnapshot', notFound, 3);

      await assert.rejects(snapshots.createSet(request()), (error) =>
        hasErrorCode(error, 'CLOCK_WRONG'),
      );

      assert.deepEqual(fixture.ec2.world.snapshots.all(), []);
    });
  });

  describe('whose tags are not what was written', () => {
    it('are not believed, and reported', async () => {
      const [victim, other] = await take();
      assert.ok(victim !== undefined && other !== undefined);
      await visible();
      const fake = fixture.ec2.world.snapshots.require(victim.snapshotId);
      fake.tags = fake.tags.map((tag, index) =>
        index === fake.tags.length - 1 ? { ...tag, Value: tag.Value.slice(0, -1) } : tag,
      );

      const found = await fixture.reopen().snapshots.find({ sessionId });

      assert.deepEqual(
        found.map(({ snapshotId }) => snapshotId),
        [other.snapshotId],
      );
      assert.deepEqual(
        fixture.untrusted.map(({ region, resourceId }) => ({ region, resourceId })),
        [{ region: homeRegion, resourceId: victim.snapshotId }],
      );
    });

    it('because they were copied from another snapshot, are not believed', async () => {
      const [a, b] = await take();
      assert.ok(a !== undefined && b !== undefined);
      await visible();
      const { snapshots } = fixture.ec2.world;
      const [fakeA, fakeB] = [a, b].map(({ snapshotId }) => snapshots.require(snapshotId));
      assert.ok(fakeA !== undefined && fakeB !== undefined);
      const reasons = async (): Promise<readonly string[]> => {
        const before = fixture.untrusted.length;
        await fixture.reopen().snapshots.find({ sessionId });
        return fixture.untrusted.slice(before).map(({ reason }) => reason);
      };
      const forged = { ...fakeA, id: 'snap-0123456789abcdef0' };

      snapshots.add(forged);
      assert.match((await reasons()).join(), /also on .*snap-0123456789abcdef0/);
      snapshots.add({ ...forged, volumeId: 'vol-0123456789abcdef0' });
      assert.deepEqual(await reasons(), ['its tags are of a set without its volume']);
      snapshots.add({ ...forged, madeAtMs: forged.madeAtMs - 16 * 60_000 });
      assert.deepEqual(await reasons(), ['its tags are of another time']);
    });

    it('because the snapshot began at another time are not made at all, and the clock is named', async () => {
      const { snapshots } = fixture.reopen({ clockAheadMs: 16 * 60_000 });

      await assert.rejects(
        snapshots.createSet(request()),
        (error) =>
          hasErrorCode(error, 'CLOCK_WRONG') && /9(59|60|61) s ahead of/.test(error.message),
      );
      assert.deepEqual(fixture.ec2.world.snapshots.all(), []);
      assert.equal(calls('CreateSnapshots'), 1);
    });

    it('because they are of another repository, are not even found', async () => {
      await take();
      await visible();
      const other = fixture.reopen({ tagSecret: new Uint8Array(32).fill(1) });

      assert.deepEqual(await other.snapshots.find({ sessionId }), []);
      assert.deepEqual(await other.snapshots.listOf(instance.instanceId), []);
      assert.deepEqual(fixture.untrusted, []);
    });
  });
});
