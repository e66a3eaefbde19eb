import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AttachVolumeCommand,
  CopySnapshotCommand,
  CreateSnapshotsCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2Client,
  type EC2ServiceException,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { InstanceId } from '../../../../src/domain/identifiers.ts';
import { testCredentials } from '../fake-aws.ts';
import { type Ec2Fixture, homeRegion, openEc2Fixture, otherRegion } from './ec2-fixture.ts';
import { immediately } from './ec2-world.ts';

const device = '/dev/xvda';
const zone = `${homeRegion}a`;

/** Each is a trap of the notes of the project; docs/aws-traps.md says what the code does about it. */
describe('the fake of EC2, as the real one,', { timeout: 60_000 }, () => {
  let fixture: Ec2Fixture;
  let instanceId: InstanceId;
  let client: EC2Client;
  let there: EC2Client;

  const clientOf = (region: string): EC2Client =>
    new EC2Client({
      region,
      endpoint: fixture.aws.endpoint,
      credentials: testCredentials,
      maxAttempts: 1,
    });

  beforeEach(async () => {
    fixture = await openEc2Fixture();
    Object.assign(fixture.ec2.world.timing, immediately);
    instanceId = await fixture.addInstance([{ device, sizeGib: 1 }]);
    client = clientOf(homeRegion);
    there = clientOf(otherRegion);
  });
  afterEach(async () => {
    client.destroy();
    there.destroy();
    await fixture[Symbol.asyncDispose]();
  });

  async function snapshot(): Promise<string> {
    const { Snapshots: [made] = [] } = await client.send(
      new CreateSnapshotsCommand({
        InstanceSpecification: { InstanceId: instanceId },
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'a', Value: 'b' }] }],
      }),
    );
    assert.ok(made?.SnapshotId !== undefined);
    return made.SnapshotId;
  }
  const copy = (id: string, KmsKeyId?: string) =>
    there.send(
      new CopySnapshotCommand({
        SourceRegion: homeRegion,
        SourceSnapshotId: id,
        ...(KmsKeyId === undefined ? {} : { Encrypted: true, KmsKeyId }),
      }),
    );
  const createVolume = (id: string, token?: string, AvailabilityZone = zone) =>
    client.send(
      new CreateVolumeCommand({
        SnapshotId: id,
        AvailabilityZone,
        ...(token === undefined ? {} : { ClientToken: token }),
      }),
    );
  const run = (userData: Buffer, token?: string) =>
    client.send(
      new RunInstancesCommand({
        ImageId: 'ami-0123456789abcdef0',
        InstanceType: 'c7g.large',
        MinCount: 1,
        MaxCount: 1,
        UserData: userData.toString('base64'),
        InstanceInitiatedShutdownBehavior: 'terminate',
        ...(token === undefined ? {} : { ClientToken: token }),
      }),
    );
  const refused = (work: Promise<unknown>, name: string): Promise<void> =>
    assert.rejects(work, { name });

  it('takes a second set of snapshots when it is asked twice', async () => {
    assert.notEqual(await snapshot(), await snapshot());
    assert.equal(fixture.ec2.world.snapshots.all().length, 2);
  });

  it('shows what was made only later, and until then knows no such id', async () => {
    fixture.ec2.world.timing.visibleAfterMs = 60_000;
    const id = await snapshot();

    const { Snapshots = [] } = await client.send(
      new DescribeSnapshotsCommand({ OwnerIds: ['self'] }),
    );
    assert.deepEqual(Snapshots, []);
    await refused(
      client.send(new DeleteSnapshotCommand({ SnapshotId: id })),
      'InvalidSnapshot.NotFound',
    );
  });

  it('fails a whole listing by ids when it does not know one of them', async () => {
    const SnapshotIds = [await snapshot(), 'snap-0123456789abcdef0'];
    await refused(
      client.send(new DescribeSnapshotsCommand({ SnapshotIds })),
      'InvalidSnapshot.NotFound',
    );
  });

  it('lists the public snapshots of others to whoever does not ask for their own', async () => {
    const id = await snapshot();
    const listed = async (OwnerIds: string[]): Promise<readonly unknown[]> => {
      const { Snapshots = [] } = await client.send(new DescribeSnapshotsCommand({ OwnerIds }));
      return Snapshots.map(({ SnapshotId }) => SnapshotId);
    };
    assert.deepEqual(await listed(['self']), [id]);
    assert.equal((await listed([])).length, 2);
  });

  it('lists in pages', async () => {
    for (let n = 0; n < 6; n += 1) await snapshot();
    const asked = { OwnerIds: ['self'], MaxResults: 500 };
    const first = await client.send(new DescribeSnapshotsCommand(asked));
    const NextToken = first.NextToken;
    assert.ok(NextToken !== undefined);
    const second = await client.send(new DescribeSnapshotsCommand({ ...asked, NextToken }));
    assert.equal((first.Snapshots?.length ?? 0) + (second.Snapshots?.length ?? 0), 6);
    assert.equal(second.NextToken, undefined);
  });

  it('has a snapshot as completed here while it still refuses to use it there', async () => {
    const id = await snapshot();
    fixture.ec2.world.timing.agreedAfterMs = 60_000;

    const { Snapshots: [shown] = [] } = await client.send(
      new DescribeSnapshotsCommand({ OwnerIds: ['self'] }),
    );
    assert.equal(shown?.State, 'completed');
    await refused(createVolume(id), 'IncorrectState');
    await refused(copy(id), 'IncorrectState');
  });

  it('tells of an archived snapshot that it is completed, and makes no volume of it', async () => {
    const id = await snapshot();
    fixture.ec2.world.snapshots.require(id).tier = 'archive';

    const { Snapshots: [shown] = [] } = await client.send(
      new DescribeSnapshotsCommand({ OwnerIds: ['self'] }),
    );
    assert.deepEqual([shown?.State, shown?.StorageTier], ['completed', 'archive']);
    await refused(createVolume(id), 'IncorrectState');
  });

  it('takes five pending snapshots of a volume, and one in 15 s', async () => {
    const { timing, quotas } = fixture.ec2.world;
    timing.snapshotMs = 60_000;
    for (let n = 0; n < 5; n += 1) await snapshot();
    await refused(snapshot(), 'ConcurrentSnapshotLimitExceeded');

    timing.snapshotMs = 0;
    quotas.pendingSnapshotsOfVolumeMax = 100;
    quotas.snapshotOfVolumeEveryMs = 15_000;
    await refused(snapshot(), 'SnapshotCreationPerVolumeRateExceeded');
  });

  it('takes no more snapshots than the quotas of a region say, and no more pending ones', async () => {
    const { timing, quotas } = fixture.ec2.world;
    await snapshot();
    quotas.snapshotsMax = 1;
    await refused(snapshot(), 'SnapshotLimitExceeded');
    quotas.snapshotsMax = 10;
    quotas.pendingSnapshotsMax = 1;
    timing.snapshotMs = 60_000;
    await snapshot();
    await refused(snapshot(), 'PendingSnapshotLimitExceeded');
  });

  it('counts the requests of each action by a bucket of its own, and answers 503 beyond it', async () => {
    const id = await snapshot();
    fixture.ec2.world.quotas.requests = { most: 2, perSecond: 0.001 };
    const look = () => client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
    await look();
    await look();
    await assert.rejects(look(), (error: EC2ServiceException) => {
      assert.deepEqual([error.name, error.$metadata.httpStatusCode], ['RequestLimitExceeded', 503]);
      return true;
    });
    await client.send(new DeleteSnapshotCommand({ SnapshotId: id }));
  });

  it('copies no tags, gives a copy an arbitrary volume, and takes twenty at once', async () => {
    const id = await snapshot();
    fixture.ec2.world.timing.copyMs = 60_000;
    for (let n = 0; n < 20; n += 1) await copy(id);
    await refused(copy(id), 'ResourceLimitExceeded');

    const { Snapshots: [shown] = [] } = await there.send(
      new DescribeSnapshotsCommand({ OwnerIds: ['self'] }),
    );
    assert.deepEqual([shown?.VolumeId, shown?.Tags ?? []], ['vol-ffffffffffffffff0', []]);
  });

  it('says only in the state of a copy that its key cannot be used', async () => {
    await copy(await snapshot(), 'arn:aws:kms:eu-other-2:111122223333:key/missing');

    const { Snapshots: [shown] = [] } = await there.send(
      new DescribeSnapshotsCommand({ OwnerIds: ['self'] }),
    );
    assert.equal(shown?.State, 'error');
    assert.match(shown.StateMessage ?? '', /key ID is not accessible/);
  });

  it('keeps a snapshot that an image is made of', async () => {
    const id = await snapshot();
    fixture.ec2.world.snapshots.require(id).heldBy = 'InvalidSnapshot.InUse';
    await refused(
      client.send(new DeleteSnapshotCommand({ SnapshotId: id })),
      'InvalidSnapshot.InUse',
    );
  });

  it('makes gp2 volumes unless told otherwise, once for a client token', async () => {
    const id = await snapshot();
    const [first, second] = [await createVolume(id, 'one'), await createVolume(id, 'one')];
    assert.deepEqual([first.VolumeType, second.VolumeId], ['gp2', first.VolumeId]);
    await refused(createVolume(id, 'one', `${homeRegion}b`), 'IdempotentParameterMismatch');
  });

  it('launches once for a client token, which the SDK makes up when none is given', async () => {
    const data = Buffer.from('#!/bin/sh\nshutdown -h now\n');
    const launched = [await run(data, 'one'), await run(data, 'one'), await run(data)];
    const ids = launched.map(({ Instances: [one] = [] }) => one?.InstanceId);
    assert.equal(ids[0], ids[1]);
    assert.notEqual(ids[0], ids[2]);
  });

  it('takes user data of 16 KiB before they are encoded, and no byte more', async () => {
    await run(Buffer.alloc(16_384, '#'));
    await refused(run(Buffer.alloc(16_385, '#')), 'InvalidUserData.Malformed');
  });

  it('attaches in the zone of the volume, once, and lets it survive the instance', async () => {
    const { Instances: [machine] = [] } = await run(Buffer.from('#!/bin/sh\nsleep 60\n'));
    const InstanceId = machine?.InstanceId ?? '';
    await sleep(fixture.ec2.world.timing.bootMs + 10);
    const { VolumeId = '' } = await createVolume(await snapshot());
    const elsewhere = await createVolume(await snapshot(), 'elsewhere', `${homeRegion}b`);
    const attach = (id: string, Device = '/dev/sdf') =>
      client.send(new AttachVolumeCommand({ VolumeId: id, InstanceId, Device }));

    await refused(attach(elsewhere.VolumeId ?? ''), 'InvalidVolume.ZoneMismatch');
    await attach(VolumeId);
    await refused(attach(VolumeId, '/dev/sdg'), 'VolumeInUse');
    await client.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));

    const { Volumes = [] } = await client.send(new DescribeVolumesCommand({}));
    const left = Volumes.find((one) => one.VolumeId === VolumeId);
    assert.equal(left?.State, 'available');
  });
});
