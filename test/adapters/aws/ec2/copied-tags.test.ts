import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type {
  InstanceId,
  ReplicaSetId,
  SessionId,
  SnapshotSetId,
  WorkerId,
} from '../../../../src/domain/identifiers.ts';
import type { UntrustedResource } from '../../../../src/ports/cloud/inventory.ts';
import { itemResourceId } from '../../../../src/ports/cloud/inventory-item.ts';
import type { SnapshotDescription } from '../../../../src/ports/cloud/snapshots.ts';
import type { TemporaryVolume } from '../../../../src/ports/cloud/volumes.ts';
import {
  type Ec2Fixture,
  homeRegion,
  openEc2Fixture,
  otherRegion,
} from '../../../support/aws/ec2/ec2-fixture.ts';
import { usualMachine } from '../../../../src/domain/policy/worker-policy.ts';

/* Somebody who may describe everything and write tags puts ALL tags of ours on something else. */
describe('all tags of a resource of ours on a foreign one', () => {
  let fixture: Ec2Fixture;
  let source: SnapshotDescription;
  let instanceId: InstanceId;
  const sessionId = systemRandom.uuid() as SessionId;
  const owner = () => ({ sessionId, instanceId });
  const foreignSnapshotId = 'snap-0123456789abcdef0';
  const foreignVolumeId = 'vol-0123456789abcdef0';

  beforeEach(async () => {
    fixture = await openEc2Fixture();
    instanceId = await fixture.addInstance([{ device: '/dev/xvda', sizeGib: 1 }]);
    const { volumes, configuration } = await fixture.cloud.instances.describe(instanceId);
    const [made] = await fixture.cloud.snapshots.createSet({
      setId: systemRandom.uuid() as SnapshotSetId,
      owner: owner(),
      instanceId,
      volumes,
      policyId: null,
      volumeTags: 'leave',
      configuration,
    });
    assert.ok(made !== undefined);
    source = made;
    const { timing } = fixture.ec2.world;
    await sleep(Math.max(timing.visibleAfterMs, timing.snapshotMs) + 10);
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  const launch = async (): Promise<WorkerId> => {
    const userData = Buffer.from('wait');
    const clientToken = systemRandom.uuid();
    const worker = await fixture.cloud.workers.launch({
      owner: owner(),
      clientToken,
      userData,
      machine: usualMachine,
    });
    await sleep(fixture.ec2.world.timing.visibleAfterMs + 10);
    return worker.workerId;
  };
  const createVolume = async (): Promise<TemporaryVolume> => {
    const { snapshotId } = source;
    const clientToken = systemRandom.uuid();
    const made = await fixture.cloud.volumes.create({ snapshotId, owner: owner(), clientToken });
    await sleep(fixture.ec2.world.timing.volumeMs + 10);
    return made;
  };
  const listed = async (region = homeRegion) => {
    const { items, untrusted } = await fixture.reopen({ region }).inventory.list([]);
    return { ids: items.map(itemResourceId), untrusted };
  };
  const only = (untrusted: readonly UntrustedResource[], id: string, reason: RegExp): void => {
    assert.deepEqual(
      untrusted.map(({ resourceId }) => resourceId),
      [id],
    );
    assert.match(untrusted[0]?.reason ?? '', reason);
  };

  it('make no worker of an instance', async () => {
    const { instances } = fixture.ec2.world;
    const victim = instances.require(instanceId);
    const workerId = await launch();
    victim.tags = instances.require(workerId).tags;

    const found = await fixture.reopen().workers.find({ sessionId });
    const { ids, untrusted } = await listed();

    assert.deepEqual(
      found.map((worker) => worker.workerId),
      [workerId],
    );
    assert.ok(ids.includes(workerId) && !ids.includes(instanceId));
    only(untrusted, instanceId, /launched by another request/);
  });

  it('let no instance be terminated, and never say that it is gone', async () => {
    const { instances } = fixture.ec2.world;
    const victim = instances.require(instanceId);
    victim.tags = instances.require(await launch()).tags;

    await assert.rejects(
      fixture.cloud.workers.terminate(instanceId as string as WorkerId),
      (error) => hasErrorCode(error, 'RESOURCE_UNTRUSTED') && error.message.includes(instanceId),
    );
    assert.equal(victim.terminatedAtMs, null);
    assert.equal(fixture.aws.faults.calls('TerminateInstances'), 0);
  });

  it('make no set of a snapshot of the same volume and time', async () => {
    const { snapshots } = fixture.ec2.world;
    const fake = snapshots.require(source.snapshotId);
    snapshots.add({ ...fake, id: foreignSnapshotId, description: 'mine' });
    snapshots.remove(source.snapshotId);

    const { ids, untrusted } = await listed();

    assert.deepEqual(ids, []);
    only(untrusted, foreignSnapshotId, /description names another request/);
    assert.deepEqual(await fixture.reopen().snapshots.find({ sessionId }), []);
  });

  it('make no copy of a snapshot, in that region or another one', async () => {
    const made = await fixture.cloud.replicas.copy({
      replicaSetId: systemRandom.uuid() as ReplicaSetId,
      owner: owner(),
      target: { region: otherRegion, keyId: null, account: null },
      sourceSnapshotId: source.snapshotId,
    });
    await sleep(fixture.ec2.world.timing.visibleAfterMs + 10);
    const { snapshots } = fixture.ec2.world;
    const fake = snapshots.require(made.snapshotId);
    assert.deepEqual(await listed(otherRegion), { ids: [made.snapshotId], untrusted: [] });
    snapshots.remove(made.snapshotId);

    snapshots.add({ ...fake, id: foreignSnapshotId, description: '' });
    const there = await listed(otherRegion);
    assert.deepEqual(there.ids, []);
    only(there.untrusted, foreignSnapshotId, /description names another request/);

    snapshots.add({ ...fake, id: foreignSnapshotId, region: homeRegion });
    const here = await listed();
    assert.deepEqual(here.ids, [source.snapshotId]);
    only(here.untrusted, foreignSnapshotId, /of a replica in eu-other-2/);
  });

  it('make neither of two volumes one to be removed', async () => {
    const { volumes } = fixture.ec2.world;
    const { volumeId } = await createVolume();
    assert.deepEqual((await listed()).untrusted, []);
    volumes.add({ ...volumes.require(volumeId), id: foreignVolumeId });

    const { ids, untrusted } = await listed();

    assert.deepEqual(ids, [source.snapshotId]);
    assert.deepEqual(
      untrusted.map(({ resourceId }) => resourceId).toSorted(),
      [volumeId, foreignVolumeId].toSorted(),
    );
    assert.deepEqual(await fixture.reopen().volumes.find({ sessionId }), []);
  });

  it('make nothing of a volume that something else uses, while those of workers are known', async () => {
    const { volumes } = fixture.ec2.world;
    const workerId = await launch();
    const { volumeId } = await createVolume();
    const fake = volumes.require(volumeId);
    const device = '/dev/sdf';
    fake.attachment = { instanceId: workerId, device, attachedAtMs: 0 };
    const ofWorker = await fixture.reopen().volumes.find({ sessionId });
    assert.deepEqual(
      ofWorker.map(({ attachedTo }) => attachedTo),
      [workerId],
    );
    assert.ok((await listed()).ids.includes(volumeId));

    fake.attachment = { instanceId, device, attachedAtMs: 0 };

    const { ids, untrusted } = await listed();
    assert.ok(!ids.includes(volumeId));
    only(untrusted, volumeId, /no worker of ours/);
    assert.deepEqual(await fixture.reopen().volumes.find({ sessionId }), []);
  });
});

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
