import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { sealTagName } from '../../../../src/adapters/aws/tags/tag-name.ts';
import { deriveTagKeys } from '../../../../src/adapters/aws/tags/tag-keys.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type {
  PolicyId,
  ReplicaSetId,
  SessionId,
  SnapshotSetId,
} from '../../../../src/domain/identifiers.ts';
import { performReconciliation } from '../../../../src/engine/reconcile/perform-reconciliation.ts';
import { recoveredSets } from '../../../../src/engine/reconcile/recovered-sets.ts';
import type { InstanceDescription } from '../../../../src/ports/cloud/instances.ts';
import type { SnapshotDescription } from '../../../../src/ports/cloud/snapshots.ts';
import {
  type Ec2Fixture,
  fastLimits,
  homeRegion,
  openEc2Fixture,
  otherRegion,
  tagSecret,
} from '../../../support/aws/ec2/ec2-fixture.ts';
import { usualMachine } from '../../../../src/domain/policy/worker-policy.ts';

describe('what a region of EC2 has of a repository', () => {
  let fixture: Ec2Fixture;
  let instance: InstanceDescription;
  let taken: readonly SnapshotDescription[];
  const sessionId = systemRandom.uuid() as SessionId;
  const setId = systemRandom.uuid() as SnapshotSetId;

  beforeEach(async () => {
    fixture = await openEc2Fixture();
    const id = await fixture.addInstance([
      { device: '/dev/xvda', sizeGib: 1 },
      { device: '/dev/sdf', sizeGib: 2 },
    ]);
    instance = await fixture.cloud.instances.describe(id);
    taken = await fixture.cloud.snapshots.createSet({
      setId,
      owner: { sessionId, instanceId: instance.instanceId },
      instanceId: instance.instanceId,
      volumes: instance.volumes,
      policyId: 'nightly' as PolicyId,
      volumeTags: 'leave',
      configuration: instance.configuration,
    });
    const { timing } = fixture.ec2.world;
    await sleep(Math.max(timing.visibleAfterMs, timing.snapshotMs) + 10);
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  const owner = () => ({ sessionId, instanceId: instance.instanceId });
  const copyFirst = async (): Promise<void> => {
    const [source] = taken;
    assert.ok(source !== undefined);
    await fixture.cloud.replicas.copy({
      replicaSetId: systemRandom.uuid() as ReplicaSetId,
      owner: source.owner,
      target: { region: otherRegion, keyId: null, account: null },
      sourceSnapshotId: source.snapshotId,
    });
    await sleep(fixture.ec2.world.timing.copyMs + 10);
  };

  it('tells every set, whole enough to restore from, without anything else', async () => {
    const { sets, replicas, untrusted } = recoveredSets(await fixture.reopen().inventory.list([]));

    assert.deepEqual([replicas, untrusted], [[], []]);
    assert.equal(sets.length, 1);
    const [found] = sets;
    assert.equal(found?.condition, 'whole');
    assert.deepEqual(found.set.owner, owner());
    assert.equal(found.set.setId, setId);
    assert.equal(found.set.policyId, 'nightly');
    assert.deepEqual(found.set.configuration, instance.configuration);
    assert.deepEqual(
      found.snapshots.map(({ device, volumeId, sizeBytes }) => ({ device, volumeId, sizeBytes })),
      instance.volumes.map(({ device, volumeId, sizeBytes }) => ({ device, volumeId, sizeBytes })),
    );
  });

  it('tells a set that has lost a snapshot as incomplete', async () => {
    const [gone] = taken;
    assert.ok(gone !== undefined);
    await fixture.cloud.snapshots.delete(gone.snapshotId);

    const { sets } = recoveredSets(await fixture.reopen().inventory.list([]));

    assert.deepEqual(
      sets.map(({ condition }) => condition),
      ['incomplete'],
    );
  });

  it('tells the copies in another region, with the whole description of their source', async () => {
    await copyFirst();
    const there = fixture.reopen({ region: otherRegion });

    const { sets, replicas } = recoveredSets(await there.inventory.list([]));

    assert.deepEqual(sets, []);
    const [replica] = replicas;
    assert.equal(replica?.condition, 'incomplete');
    assert.equal(replica.source.setId, setId);
    assert.equal(replica.source.region, homeRegion);
    assert.deepEqual(replica.source.configuration, instance.configuration);
  });

  it('has workers and volumes in it, and not those that are gone', async () => {
    const { workerId } = await fixture.cloud.workers.launch({
      owner: owner(),
      clientToken: systemRandom.uuid(),
      userData: Buffer.from('wait'),
      machine: usualMachine,
    });
    const [source] = taken;
    assert.ok(source !== undefined);
    const { volumeId } = await fixture.cloud.volumes.create({
      snapshotId: source.snapshotId,
      owner: owner(),
      clientToken: systemRandom.uuid(),
    });
    await sleep(fixture.ec2.world.timing.visibleAfterMs + 10);
    const kinds = async (): Promise<readonly string[]> =>
      (await fixture.reopen().inventory.list([])).items.map(({ kind }) => kind).toSorted();
    assert.deepEqual(await kinds(), ['snapshot', 'snapshot', 'volume', 'worker']);

    await fixture.cloud.workers.terminate(workerId);
    await fixture.cloud.volumes.delete(volumeId);

    assert.deepEqual(await kinds(), ['snapshot', 'snapshot']);
  });

  it('tells what has lost its mark as untrusted, and never removes it', async () => {
    const [victim] = taken;
    assert.ok(victim !== undefined);
    const mark = sealTagName(deriveTagKeys(tagSecret), { kind: 'mark' });
    const fake = fixture.ec2.world.snapshots.require(victim.snapshotId);
    fake.tags = fake.tags.filter(({ Key }) => Key !== mark);
    const cloud = fixture.reopen();

    const { items, untrusted } = await cloud.inventory.list([]);

    assert.deepEqual(untrusted, [
      { region: homeRegion, resourceId: victim.snapshotId, reason: 'the mark is missing' },
    ]);
    await performReconciliation(
      cloud,
      items.map((item) => ({ item, decision: { action: 'remove', reason: 'not-recorded' } })),
      new AbortController().signal,
    );
    assert.ok(fixture.ec2.world.snapshots.find(victim.snapshotId));
    assert.equal(fixture.ec2.world.snapshots.all().length, 1);
  });

  it('is left alone, and not detached, when its user has attached it since it was listed', async () => {
    const [source] = taken;
    assert.ok(source !== undefined);
    const { volumeId } = await fixture.cloud.volumes.create({
      snapshotId: source.snapshotId,
      owner: owner(),
      clientToken: systemRandom.uuid(),
    });
    await sleep(fixture.ec2.world.timing.visibleAfterMs + 10);
    const cloud = fixture.reopen();
    const { items } = await cloud.inventory.list([]);
    const volume = items.find(({ kind }) => kind === 'volume');
    assert.ok(volume !== undefined);
    const { workerId } = await fixture.cloud.workers.launch({
      owner: owner(),
      clientToken: systemRandom.uuid(),
      userData: Buffer.from('wait'),
      machine: usualMachine,
    });
    await fixture.cloud.volumes.attach(volumeId, workerId);

    const [done] = await performReconciliation(
      cloud,
      [{ item: volume, decision: { action: 'remove', reason: 'session-ended' } }],
      new AbortController().signal,
    );

    assert.deepEqual(done?.decision, { action: 'keep', reason: 'in-use' });
    assert.notEqual(fixture.ec2.world.volumes.require(volumeId).attachment, null);
  });

  it('is removed in an order that works, and what EC2 keeps stops nothing else', async () => {
    const { workerId } = await fixture.cloud.workers.launch({
      owner: owner(),
      clientToken: systemRandom.uuid(),
      userData: Buffer.from('wait'),
      machine: usualMachine,
    });
    const [held, source] = taken;
    assert.ok(held !== undefined && source !== undefined);
    const { volumeId } = await fixture.cloud.volumes.create({
      snapshotId: source.snapshotId,
      owner: owner(),
      clientToken: systemRandom.uuid(),
    });
    await fixture.cloud.volumes.attach(volumeId, workerId);
    fixture.ec2.world.snapshots.require(held.snapshotId).heldBy = 'InvalidSnapshot.InUse';
    const cloud = fixture.reopen({ limits: fastLimits });
    const { items } = await cloud.inventory.list([]);

    const done = await performReconciliation(
      cloud,
      items.map((item) => ({ item, decision: { action: 'remove', reason: 'not-recorded' } })),
      new AbortController().signal,
    );

    assert.deepEqual(
      done.map(({ item, problem }) => [item.kind, problem?.code ?? 'removed']).toSorted(),
      [
        ['snapshot', 'SNAPSHOT_HELD'],
        ['snapshot', 'removed'],
        ['volume', 'removed'],
        ['worker', 'removed'],
      ],
    );
    assert.deepEqual(
      (await cloud.inventory.list([])).items.map((item) => item.kind),
      ['snapshot'],
    );
  });
});

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
