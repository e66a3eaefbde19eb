import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { tagNamePrefix } from '../../../../src/adapters/aws/tags/tag-name.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type {
  DeviceName,
  InstanceId,
  SessionId,
  VolumeId,
} from '../../../../src/domain/identifiers.ts';
import type { VolumeExchanges } from '../../../../src/ports/cloud/volume-exchanges.ts';
import type { ResourceOwner } from '../../../../src/ports/cloud/resource-owner.ts';
import type { FakeInstance, FakeVolume } from '../../../support/aws/ec2/ec2-resources.ts';
import { type Ec2Fixture, openEc2Fixture } from '../../../support/aws/ec2/ec2-fixture.ts';
import { newId } from '../../../support/aws/ec2/ec2-world.ts';

const root = '/dev/xvda' as DeviceName;
const data = '/dev/sdf' as DeviceName;

describe('volumes that give way to others (on a fake)', () => {
  let fixture: Ec2Fixture;
  let exchanges: VolumeExchanges;
  let instanceId: InstanceId;
  let owner: ResourceOwner;
  before(async () => {
    fixture = await openEc2Fixture({});
    const { volumeExchanges } = fixture.cloud;
    assert.ok(volumeExchanges !== null);
    exchanges = volumeExchanges;
  });
  after(() => fixture[Symbol.asyncDispose]());
  beforeEach(async () => {
    fixture.aws.faults.clear();
    fixture.ec2.world.timing.attachMs = 40;
    instanceId = await fixture.addInstance([
      { device: root, sizeGib: 1 },
      { device: data, sizeGib: 1 },
    ]);
    owner = { sessionId: systemRandom.uuid() as SessionId, instanceId };
  });

  const at = (device: string): FakeVolume => {
    const found = fixture.ec2.world.volumes
      .all()
      .find(({ attachment: one }) => one?.instanceId === instanceId && one.device === device);
    assert.ok(found !== undefined);
    return found;
  };
  const instance = (): FakeInstance => {
    const found = fixture.ec2.world.instances.find(instanceId);
    assert.ok(found !== undefined);
    return found;
  };
  const idAt = (device: string): VolumeId => at(device).id as VolumeId;
  /** One that is attached to nothing. */
  const addFree = (): FakeVolume => {
    const volume = { ...at(data), id: newId('vol'), attachment: null, tags: [] };
    fixture.ec2.world.volumes.add(volume);
    return volume;
  };

  it('are told of with what another one in their place has to be like', async () => {
    const rootVolume = at(root);
    assert.ok(rootVolume.attachment !== null);
    rootVolume.attachment = { ...rootVolume.attachment, deleteOnTermination: true };
    Object.assign(rootVolume, { isEncrypted: true, keyId: 'arn:aws:kms:key', iops: 9000 });

    const found = await exchanges.look(instanceId);

    assert.equal(found.state, 'running');
    assert.equal(found.obstacle, null);
    assert.deepEqual(
      found.volumes.find(({ device }) => device === root),
      {
        device: root,
        volumeId: rootVolume.id,
        onTermination: 'delete',
        volumeType: 'gp3',
        performance: { iops: 9000, throughput: null },
        keyId: 'arn:aws:kms:key',
        sharedWith: [],
      },
    );
    rootVolume.alsoAttachedTo = ['i-0fedcba9876543210'];
    const [shared] = (await exchanges.look(instanceId)).volumes.filter(
      (one) => one.device === root,
    );
    assert.deepEqual(shared?.sharedWith, ['i-0fedcba9876543210']);
  });

  it('are not those of an instance that would be replaced as it stops', async () => {
    instance().tags = [{ Key: 'aws:autoscaling:groupName', Value: 'web' }];
    assert.match((await exchanges.look(instanceId)).obstacle ?? '', /Auto Scaling group web/);
  });

  it('of an instance that is gone are not told of', async () => {
    instance().terminatedAtMs = fixture.ec2.world.now();
    await assert.rejects(exchanges.look(instanceId), { code: 'UNKNOWN_INSTANCE' });
    await assert.rejects(exchanges.stop(instanceId), { code: 'UNKNOWN_INSTANCE' });
  });

  it('are exchanged once the instance is stopped, the root too, and not before', async () => {
    const [old, next] = [idAt(root), addFree().id as VolumeId];
    const request = {
      instanceId,
      device: root,
      detach: old,
      attach: next,
      onTermination: 'delete',
    } as const;
    await exchanges.keep(owner, { volumeId: old, device: root });
    await assert.rejects(exchanges.exchange(request), /OperationNotPermitted/);

    await exchanges.stop(instanceId);
    for (const operation of ['DetachVolume', 'AttachVolume', 'ModifyInstanceAttribute']) {
      fixture.aws.faults.arm(operation, { kind: 'reply-lost' });
    }
    await exchanges.exchange(request);
    await exchanges.exchange(request);
    await exchanges.start(instanceId);

    assert.equal(idAt(root), next);
    assert.equal(at(root).attachment?.deleteOnTermination, true);
    assert.equal((await exchanges.look(instanceId)).state, 'running');
    assert.deepEqual(
      await exchanges.describe([old, next, 'vol-0' as VolumeId]),
      new Map([
        [old, 'free'],
        [next, 'in-use'],
        ['vol-0', 'gone'],
      ]),
    );
  });

  it('are given up when the new one is never attached', async () => {
    await exchanges.stop(instanceId);
    fixture.ec2.world.timing.attachMs = Infinity;
    const [detach, attach] = [idAt(data), addFree().id as VolumeId];
    const request = { instanceId, device: data, detach, attach, onTermination: 'keep' } as const;

    await assert.rejects(exchanges.exchange(request), { code: 'TIMED_OUT' });

    fixture.ec2.world.timing.attachMs = 0;
    await exchanges.exchange({ ...request, detach: attach, attach: detach });
    assert.equal(idAt(data), detach);
  });

  it('are not taken from another instance', async () => {
    const elsewhere = await fixture.addInstance([{ device: data, sizeGib: 1 }]);
    const attach = fixture.ec2.world.volumes
      .all()
      .find(({ attachment }) => attachment?.instanceId === elsewhere)?.id as VolumeId;
    await exchanges.stop(instanceId);
    const request = {
      instanceId,
      device: data,
      detach: null,
      attach,
      onTermination: 'keep',
    } as const;
    await assert.rejects(exchanges.exchange(request), { code: 'CLOUD_REFUSED' });
  });

  it('tell that an instance stops as it starts', async () => {
    await exchanges.stop(instanceId);
    fixture.ec2.world.timing.bootMs = Infinity;
    setTimeout(() => {
      instance().stoppedAtMs = 0;
    }, 100);
    await assert.rejects(exchanges.start(instanceId), /stops as it starts/);
    fixture.ec2.world.timing.bootMs = 20;
  });

  describe('and are kept', () => {
    const tagNames = ({ tags }: FakeVolume): readonly string[] =>
      tags.map(({ Key }) => Key).filter((name) => name.startsWith(tagNamePrefix));

    it('are in the inventory once they are detached, with whose they are', async () => {
      const [old, volume] = [idAt(data), at(data)];
      await exchanges.keep(owner, { volumeId: old, device: data });
      const marked = tagNames(volume);
      await exchanges.keep(owner, { volumeId: old, device: data });
      assert.deepEqual(tagNames(volume), marked, 'the same tags again');
      assert.ok(marked.length > 0);
      volume.attachment = null;

      const { items, untrusted } = await fixture.cloud.inventory.list([]);

      const kept = items.filter((item) => item.kind === 'kept').map((item) => item.kept);
      assert.deepEqual(
        kept.find(({ volumeId }) => volumeId === old),
        { volumeId: old, owner },
      );
      assert.ok(!untrusted.some(({ resourceId }) => resourceId === old));
      assert.deepEqual(await fixture.cloud.volumes.find(owner), []);
      const { volumeRestores } = fixture.cloud;
      assert.ok(volumeRestores !== null);
      const made = await volumeRestores.find(fixture.cloud.region, owner);
      assert.deepEqual(made, [], 'what a failed restore removes is not what it has kept');
    });

    it('are removed only as what they were marked as', async () => {
      const [old, volume] = [idAt(data), at(data)];
      await exchanges.keep(owner, { volumeId: old, device: data });
      const copy = addFree();
      copy.tags = volume.tags;
      const plain = addFree().id as VolumeId;
      for (const id of [copy.id as VolumeId, plain]) {
        await assert.rejects(exchanges.removeKept(id), { code: 'RESOURCE_UNTRUSTED' });
      }
      assert.equal(await exchanges.removeKept(old), 'in-use');
      volume.attachment = null;
      assert.equal(await exchanges.removeKept(old), 'removed');
      assert.notEqual(volume.deletedAtMs, null);
      assert.equal(copy.deletedAtMs, null);
      assert.equal(await exchanges.removeKept(old), 'removed');
    });

    it('are released of our tags and of no others', async () => {
      const [old, volume] = [idAt(data), at(data)];
      volume.tags = [{ Key: 'owner', Value: 'somebody' }];
      await exchanges.keep(owner, { volumeId: old, device: data });
      fixture.aws.faults.arm('DeleteTags', { kind: 'reply-lost' });
      await exchanges.release(old);
      await exchanges.release(old);
      assert.deepEqual(volume.tags, [{ Key: 'owner', Value: 'somebody' }]);
    });

    it('need room for the tags', async () => {
      const volume = at(data);
      volume.tags = Array.from({ length: 48 }, (_, n) => ({ Key: `k${n}`, Value: '' }));
      await assert.rejects(exchanges.keep(owner, { volumeId: idAt(data), device: data }), {
        code: 'LIMIT_EXCEEDED',
      });
      assert.equal(volume.tags.length, 48);
    });
  });
});
