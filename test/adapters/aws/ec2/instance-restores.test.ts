import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type {
  DeviceName,
  InstanceId,
  SessionId,
  SnapshotSetId,
} from '../../../../src/domain/identifiers.ts';
import type { LaunchWishes } from '../../../../src/ports/cloud/launch-wishes.ts';
import type {
  InstanceRestores,
  LaunchedInstance,
  LaunchSnapshot,
} from '../../../../src/ports/cloud/instance-restores.ts';
import type { ResourceOwner } from '../../../../src/ports/cloud/resource-owner.ts';
import type { VolumeRestores } from '../../../../src/ports/cloud/volume-restores.ts';
import { restoredMark } from '../../../../src/adapters/aws/ec2/launches/restored-mark.ts';
import {
  type Ec2Fixture,
  homeRegion,
  openEc2Fixture,
} from '../../../support/aws/ec2/ec2-fixture.ts';
import type {
  FakeInstance,
  FakeSnapshot,
  FakeVolume,
} from '../../../support/aws/ec2/ec2-resources.ts';
import { immediately } from '../../../support/aws/ec2/ec2-world.ts';

const devices = ['/dev/xvda', '/dev/sdf'] as const;
const refused = { kind: 'error', status: 400, code: 'InvalidParameterValue' } as const;

describe('instances of EC2 (a fake) that restores launch', () => {
  let fixture: Ec2Fixture;
  let launches: InstanceRestores;
  let restores: VolumeRestores;
  let instanceId: InstanceId;
  let snapshots: readonly LaunchSnapshot[];
  let owner: ResourceOwner;

  before(async () => {
    fixture = await openEc2Fixture();
    Object.assign(fixture.ec2.world.timing, immediately);
    instanceId = await fixture.addInstance(
      devices.map((device) => ({ device, sizeGib: 1 })),
      [{ Key: 'env', Value: 'prod' }],
    );
    const { volumes, configuration } = await fixture.cloud.instances.describe(instanceId);
    snapshots = await fixture.cloud.snapshots.createSet({
      setId: systemRandom.uuid() as SnapshotSetId,
      owner: { sessionId: systemRandom.uuid() as SessionId, instanceId },
      instanceId,
      volumes,
      volumeTags: 'leave',
      policyId: null,
      configuration,
    });
  });
  after(() => fixture[Symbol.asyncDispose]());
  beforeEach(() => {
    fixture.aws.faults.clear();
    Object.assign(fixture.ec2.world.timing, immediately, { bootMs: 0 });
    owner = { sessionId: systemRandom.uuid() as SessionId, instanceId };
    const { instanceRestores, volumeRestores } = fixture.cloud;
    assert.ok(instanceRestores !== null && volumeRestores !== null);
    launches = instanceRestores;
    restores = volumeRestores;
  });

  async function launch(
    signal = new AbortController().signal,
    wishes: Partial<LaunchWishes> = {},
  ): Promise<LaunchedInstance> {
    const { configuration: told } = await fixture.cloud.instances.describe(instanceId);
    const metadataOptions = { httpTokens: 'required', httpPutResponseHopLimit: 2 };
    const configuration = { ...told, metadataOptions };
    const planned = await launches.plan({
      owner,
      configuration,
      region: homeRegion,
      wishes: { keyId: null, volumeType: 'gp3', tags: { why: 'drill' }, ...wishes },
      volumes: devices.map((device) => ({
        device: device as DeviceName,
        sizeBytes: 1024 ** 3,
      })),
    });
    return await planned.launch(snapshots, signal);
  }
  const launched = (): readonly FakeInstance[] =>
    fixture.ec2.world.instances
      .all()
      .filter(({ clientToken, terminatedAtMs }) => clientToken !== null && terminatedAtMs === null);
  const volumesOf = (id: string): readonly FakeVolume[] =>
    fixture.ec2.world.volumes.all().filter(({ attachment }) => attachment?.instanceId === id);
  const images = (): readonly string[] => fixture.ec2.world.images.all().map(({ id }) => id);
  const restoredVolumes = (): readonly string[] =>
    fixture.ec2.world.volumes
      .all()
      .filter(({ snapshotId, deletedAtMs }) => snapshotId !== '' && deletedAtMs === null)
      .map(({ id }) => id);
  const sorted = (ids: readonly string[]): readonly string[] => [...ids].sort();
  async function removeAll(): Promise<void> {
    for (const remnant of await restores.find(homeRegion, owner)) {
      await restores.remove(homeRegion, remnant);
    }
  }
  function assertNothingLeft(): void {
    assert.deepEqual(launched(), []);
    assert.deepEqual(restoredVolumes(), []);
    assert.deepEqual(images(), []);
    const held = fixture.ec2.world.snapshots.all().filter(({ heldBy }) => heldBy !== null);
    assert.deepEqual(held, [], 'no image holds a snapshot');
    assert.equal(fixture.ec2.world.snapshots.all().length, devices.length);
  }

  it('run with all their volumes; the image is gone, the snapshots stay', async () => {
    const { instanceId: id, volumes, leftOver } = await launch();

    const [instance, ...others] = launched();
    assert.ok(instance !== undefined);
    assert.deepEqual([others, instance.id, leftOver], [[], id, []]);
    assert.deepEqual(
      new Map(volumesOf(id).map(({ attachment, snapshotId }) => [attachment?.device, snapshotId])),
      new Map(snapshots.map(({ device, snapshotId }) => [device as string, snapshotId as string])),
    );
    assert.deepEqual(
      sorted(volumes.map(({ volumeId }) => volumeId)),
      sorted(volumesOf(id).map((one) => one.id)),
    );
    assert.deepEqual(images(), []);
    const tags = new Map(instance.tags.map(({ Key, Value }) => [Key, Value]));
    assert.deepEqual(instance.request['MetadataOptions'], {
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 2,
    });
    assert.equal(tags.get('env'), 'prod');
    assert.equal(tags.get('why'), 'drill');
    const found = await restores.find(homeRegion, owner);
    assert.deepEqual(found, [{ type: 'instance', resourceId: id, owner }]);
    await removeAll();
    assertNothingLeft();
  });

  it('have what is said of them and of each volume, under devices of their own', async () => {
    const [root, data] = devices as readonly [DeviceName, DeviceName];
    const newRoot = '/dev/sda1' as DeviceName;

    const { instanceId: id, volumes } = await launch(undefined, {
      tenancy: 'dedicated',
      monitoring: 'detailed',
      ebsOptimized: 'on',
      privateIpAddress: '10.0.0.9',
      metadataOptions: { httpPutResponseHopLimit: 5 },
      volumes: [
        { device: root, newDevice: newRoot, onTermination: 'delete' },
        { device: data, newDevice: root, sizeGib: 4, iops: 9000 },
      ],
    });

    const [instance] = launched();
    assert.equal(instance?.rootDevice, newRoot);
    const { request } = instance;
    assert.deepEqual(
      [request['Placement'], request['Monitoring'], request['EbsOptimized']],
      [{ Tenancy: 'dedicated' }, { Enabled: true }, true],
    );
    assert.equal(request['PrivateIpAddress'], '10.0.0.9');
    assert.deepEqual(request['MetadataOptions'], {
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 5,
    });
    const seen = volumesOf(id).map((one) => [
      one.attachment?.device,
      one.snapshotId,
      one.sizeGib,
      one.iops,
      one.attachment?.deleteOnTermination,
    ]);
    const snapshotOf = new Map(snapshots.map(({ device, snapshotId }) => [device, snapshotId]));
    assert.deepEqual(seen, [
      [newRoot, snapshotOf.get(root), 1, undefined, true],
      [root, snapshotOf.get(data), 4, 9000, false],
    ]);
    assert.deepEqual(
      volumes.map(({ device, volumeId }) => [device, volumeId]),
      volumesOf(id).map(({ id: volumeId }, at) => [devices[at], volumeId]),
      'each is told by the device of the volume that it was made of',
    );
    await removeAll();
    assertNothingLeft();
  });

  it('are instances that can be backed up, which workers are not', async () => {
    const { instanceId: id } = await launch();
    const listed = (): Promise<readonly string[]> =>
      fixture.cloud.instances
        .readable()
        .then(({ instances }) => instances.map((one) => one.instanceId));
    assert.ok((await listed()).includes(id));
    const [instance] = launched();
    assert.ok(instance !== undefined);
    instance.tags = instance.tags.filter(({ Key }) => Key !== restoredMark);
    assert.ok(!(await listed()).includes(id));
    await removeAll();
    assertNothingLeft();
  });

  it('are launched once, whatever replies are lost', async () => {
    for (const operation of ['RegisterImage', 'RunInstances', 'DeregisterImage']) {
      fixture.aws.faults.arm(operation, { kind: 'reply-lost' });
    }
    await launch();
    assert.equal(launched().length, 1);
    assert.deepEqual(images(), []);
    await removeAll();
    assertNothingLeft();
  });

  it('leave nothing but what is found when the launch is refused, or was and came through', async () => {
    for (const when of ['before-effect', 'after-effect'] as const) {
      fixture.aws.faults.arm('RunInstances', { ...refused, when });
      await assert.rejects(launch(), { code: 'CLOUD_REFUSED' });
      assert.deepEqual(images(), []);
      await removeAll();
      assertNothingLeft();
    }
  });

  it('leave nothing when they end instead of running, and say why', async () => {
    fixture.ec2.world.timing.bootMs = 60_000;
    const launching = launch();
    while (launched().length === 0) await setTimeout(5);
    const [instance] = launched();
    assert.ok(instance !== undefined);
    for (const volume of volumesOf(instance.id)) volume.attachment = null;
    instance.terminatedAtMs = 0;
    instance.terminationReason = 'Client.InternalError: the key cannot be used';

    await assert.rejects(launching, { code: 'CLOUD_REFUSED', message: /the key cannot be used/ });

    await removeAll();
    assertNothingLeft();
  });

  it('leave nothing when nobody wants them any more', async () => {
    fixture.ec2.world.timing.bootMs = 60_000;
    const stop = new AbortController();
    const launching = launch(stop.signal);
    const reason = new Error('enough');
    const stopped = assert.rejects(launching, reason);
    while (launched().length === 0) await setTimeout(5);
    stop.abort(reason);
    await stopped;
    assertNothingLeft();
  });

  it('are not waited for any longer while EC2 has no room, once nobody wants them', async () => {
    const full = { kind: 'error', status: 500, code: 'InsufficientInstanceCapacity' } as const;
    for (let tries = 0; tries < 100; tries += 1) fixture.aws.faults.arm('RunInstances', full);
    const before = fixture.aws.faults.calls('RunInstances');
    const stop = new AbortController();
    const reason = new Error('enough');
    const stopped = assert.rejects(launch(stop.signal), reason);
    while (fixture.aws.faults.calls('RunInstances') === before) await setTimeout(5);
    stop.abort(reason);
    await stopped;
    fixture.aws.faults.clear();
    assertNothingLeft();
  });

  it('are refused before anything is made when they would have too many tags', async () => {
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`t${index}`, '']));
    const { configuration } = await fixture.cloud.instances.describe(instanceId);
    const volumes = devices.map((one) => ({ device: one as DeviceName, sizeBytes: 1024 ** 3 }));
    const wishes = { keyId: null, volumeType: 'gp3', tags };
    const request = { owner, configuration, region: homeRegion, wishes, volumes };
    await assert.rejects(launches.plan(request), {
      code: 'INVALID_ARGUMENT',
      message: /would have \d+ tags, and EC2 takes 50/,
    });
  });

  it('are not launched of snapshots that are gone, whenever that is seen', async () => {
    const gone = { kind: 'error', status: 400, code: 'InvalidSnapshot.NotFound' } as const;
    for (const operation of ['RegisterImage', 'RunInstances']) {
      fixture.aws.faults.arm(operation, gone);
      await assert.rejects(launch(), { code: 'SNAPSHOT_NOT_FOUND' });
      assertNothingLeft();
    }
  });

  it('are said to have left their image when it cannot be deregistered', async () => {
    fixture.aws.faults.arm('DeregisterImage', refused);
    const { leftOver } = await launch();
    const [imageId = 'none'] = images();
    assert.deepEqual(
      leftOver.map(({ code }) => code),
      ['CLOUD_REFUSED'],
    );
    assert.match(
      leftOver[0]?.message ?? '',
      new RegExp(`${imageId} in ${homeRegion}, .* could not be deregistered`),
    );
    const types = (await restores.find(homeRegion, owner)).map(({ type }) => type);
    assert.deepEqual(types, ['instance', 'image']);
    await removeAll();
    assertNothingLeft();
  });

  it('leave snapshots that EC2 counts as used for a moment longer: those go then, and others are told of', async () => {
    const [made] = snapshots;
    assert.ok(made !== undefined);
    const world = fixture.ec2.world;
    const copy: FakeSnapshot = {
      ...world.snapshots.require(made.snapshotId),
      id: 'snap-0fffffffffffffff0',
      // The content is that of the other one, which stays.
      discard: () => Promise.resolve(),
    };
    world.snapshots.add(copy);
    const remnant = { type: 'snapshot', resourceId: copy.id } as const;
    const inUse = { kind: 'error', status: 400, code: 'InvalidSnapshot.InUse' } as const;
    fixture.aws.faults.arm('DeleteSnapshot', inUse, Infinity);
    await assert.rejects(restores.remove(homeRegion, remnant), { code: 'SNAPSHOT_HELD' });
    assert.ok(fixture.aws.faults.calls('DeleteSnapshot') > 1);
    fixture.aws.faults.clear();
    fixture.aws.faults.arm('DeleteSnapshot', { ...inUse, code: 'SnapshotLocked' });
    const before = fixture.aws.faults.calls('DeleteSnapshot');
    await assert.rejects(restores.remove(homeRegion, remnant), { code: 'SNAPSHOT_HELD' });
    assert.equal(
      fixture.aws.faults.calls('DeleteSnapshot'),
      before + 1,
      'a lock is not waited for',
    );

    fixture.aws.faults.arm('DeleteSnapshot', inUse, 2);
    assert.equal(await restores.remove(homeRegion, remnant), 'removed');

    assert.equal(world.snapshots.find(copy.id), undefined);
    assertNothingLeft();
  });

  it('go with the volumes that they were launched with, and with no other', async () => {
    const { instanceId: id } = await launch();
    const [own] = volumesOf(id);
    assert.ok(own !== undefined);
    const users = { ...own, id: 'vol-0fffffffffffffff0', tags: [], snapshotId: '' };
    users.attachment = { instanceId: id, device: '/dev/sdz', attachedAtMs: 0 };
    fixture.ec2.world.volumes.add(users);

    await removeAll();

    assertNothingLeft();
    assert.deepEqual([users.deletedAtMs, users.attachment], [null, null]);
  });

  it('go with their volumes when they are found while they shut down', async () => {
    const { instanceId: id } = await launch();
    Object.assign(fixture.ec2.world.timing, { shutdownMs: 400, freeAfterMs: 100 });
    const [instance] = launched();
    assert.ok(instance !== undefined);
    instance.terminatedAtMs = fixture.ec2.world.now();

    const found = await restores.find(homeRegion, owner);
    assert.deepEqual(found, [{ type: 'instance', resourceId: id, owner }]);
    await removeAll();

    assertNothingLeft();
  });

  it('leave volumes that are found once they have ended, also before these are shown as free', async () => {
    const { instanceId: id } = await launch();
    Object.assign(fixture.ec2.world.timing, { shutdownMs: 0, freeAfterMs: 400 });
    const [instance] = launched();
    assert.ok(instance !== undefined);
    const own = volumesOf(id).map((one) => one.id);
    instance.terminatedAtMs = fixture.ec2.world.now();

    const found = await restores.find(homeRegion, owner);
    assert.deepEqual(sorted(found.map(({ resourceId }) => resourceId)), sorted(own));
    await removeAll();

    assertNothingLeft();
  });

  it('are known by how they were launched: their tags on another one change nothing', async () => {
    const { instanceId: id } = await launch();
    const [instance] = launched();
    const victim = fixture.ec2.world.instances.require(instanceId);
    const { tags } = victim;
    victim.tags = instance?.tags ?? [];
    const untrusted = fixture.untrusted.length;

    const found = await restores.find(homeRegion, owner);

    assert.deepEqual(
      found.map(({ resourceId }) => resourceId),
      [id],
    );
    assert.equal(fixture.untrusted[untrusted]?.resourceId, instanceId);
    const remnant = { type: 'instance', resourceId: instanceId } as const;
    await assert.rejects(restores.remove(homeRegion, remnant), { code: 'RESOURCE_UNTRUSTED' });
    assert.equal(victim.terminatedAtMs, null);
    victim.tags = tags;
    await removeAll();
    assertNothingLeft();
  });
});
