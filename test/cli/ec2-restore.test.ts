import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import type { FakeInstance, FakeVolume } from '../support/aws/ec2/ec2-resources.ts';
import { type Ec2Fixture, homeRegion, otherRegion } from '../support/aws/ec2/ec2-fixture.ts';
import { volumeFiles } from '../../src/adapters/local-cloud/volumes/volume-record.ts';
import { noise, writeBlock } from '../support/vault/disk-image.ts';
import { type Ec2Program, openEc2Program } from './support/ec2-program.ts';

const device = '/dev/xvda';
const zone = `${homeRegion}b`;
const otherZone = `${otherRegion}a`;
const keyOfOther = `arn:aws:kms:${otherRegion}:111122223333:key/of-other`;

interface RestoredJson {
  readonly source: unknown;
  readonly volumes: readonly { readonly resourceId: string | null }[];
}

/* Restores to volumes of EC2 on fakes; those that are killed by the real program in processes of its own. */
describe('a restore to volumes of EC2 (a fake)', { timeout: 480_000 }, () => {
  let program: Ec2Program;
  let folder: string;
  let run: Ec2Program['run'];
  let runDone: Ec2Program['runDone'];
  let signalledAt: Ec2Program['signalledAt'];
  let fixture: Ec2Fixture;
  let instanceId: InstanceId;
  let disk: string;
  let point: string;
  let set: string;
  let replica: string;

  before(async () => {
    program = await openEc2Program();
    ({ fixture, folder, run, runDone, signalledAt } = program);
    instanceId = await fixture.addInstance([{ device, sizeGib: 1 }]);
    disk = fixture.diskPath(instanceId, device);
    await writeFile(
      join(folder, 'policies.yaml'),
      `policies:
  - policyId: copied
    selection: { include: { kind: instances, instanceIds: [${instanceId}] } }
    snapshots: { retention: { count: 2 } }
    replicas:
      - target: { region: ${otherRegion} }
        retention: { count: 2 }
    image: { level: 'on', transport: direct }
`,
    );
    await runDone('policy apply policies.yaml');
    await writeBlock(disk, 3, noise('first', blockSizeBytes));
    await writeBlock(disk, 4, noise('second', blockSizeBytes));
    await runDone(`backup ${instanceId}`);
    // Present from now on, and all zero: not the same as never written.
    await writeBlock(disk, 4, Buffer.alloc(blockSizeBytes));
    await writeBlock(disk, 9, noise('third', blockSizeBytes));
    await runDone(`backup ${instanceId}`);
    const points = JSON.parse(await runDone(`points ${instanceId} --json`)) as { id: string }[];
    point = points.at(-1)?.id ?? '';
    set = await newest('snapshots');
    replica = await newest('replicas');
  });
  after(() => program[Symbol.asyncDispose]());
  beforeEach(() => {
    fixture.aws.faults.clear();
  });

  async function newest(list: 'snapshots' | 'replicas'): Promise<string> {
    const printed = await runDone(`${list} ${instanceId} --json`);
    const items = JSON.parse(printed) as { id: string }[];
    return items.at(-1)?.id ?? '';
  }
  /** Of those that backups have taken; restores make volumes of them. */
  const ofSnapshots = (): readonly FakeVolume[] =>
    fixture.ec2.world.volumes.all().filter(({ snapshotId, written, deletedAtMs }) => {
      return snapshotId !== '' && written === undefined && deletedAtMs === null;
    });
  const launched = (): readonly FakeInstance[] =>
    fixture.ec2.world.instances
      .all()
      .filter(({ clientToken, terminatedAtMs }) => clientToken !== null && terminatedAtMs === null);
  const volumesOf = ({ id }: FakeInstance): readonly FakeVolume[] =>
    fixture.ec2.world.volumes.all().filter(({ attachment }) => attachment?.instanceId === id);
  const takenSnapshots = (): readonly string[] =>
    fixture.ec2.world.snapshots
      .all()
      .filter(({ written }) => written === undefined)
      .map(({ id }) => id);
  const made = (): readonly FakeVolume[] =>
    fixture.ec2.world.volumes
      .all()
      .filter(({ written, deletedAtMs }) => written !== undefined && deletedAtMs === null);
  const writtenSnapshots = (): readonly string[] =>
    fixture.ec2.world.snapshots
      .all()
      .filter(({ written }) => written !== undefined)
      .map(({ id }) => id);

  it('is asked for in one way, and for a zone of the region', async () => {
    const cases = [
      [`restore ${point}`, 2, /nothing says where to restore/],
      [`restore ${point} --to-volumes`, 2, /need an availability zone/],
      [`restore ${point} --to x --to-volumes --zone ${zone}`, 2, /more than one is asked for/],
      [`restore ${point} --to x --zone ${zone}`, 2, /'--zone' is said of another kind/],
      [`restore ${point} --to x --region ${otherRegion}`, 2, /'--region' is said of another kind/],
      [
        `restore ${point} --to-volumes --zone ${zone} --region x`,
        2,
        /'x' is not the name of a region/,
      ],
      [`restore ${point} --to-volumes --type t3.small`, 2, /'--type' is said of another kind/],
      [`restore ${point} --to-instance --zone ${zone}`, 2, /'--zone' is said of another kind/],
      [`restore ${point} --to-volumes --zone us-east-1a`, 2, /is not in eu-test-1/],
      [`restore ${point} --to-instance --profile a --without-profile`, 2, /contradict each other/],
      [
        `restore ${point} --to-instance --key-name a --without-key-name`,
        2,
        /contradict each other/,
      ],
    ] as const;
    for (const [line, expected, words] of cases) {
      const { exitCode, stdout, stderr } = await run(line);
      assert.equal(exitCode, expected, line);
      assert.match(stdout + stderr, words);
    }
    assert.deepEqual(writtenSnapshots(), []);
  });

  it('has every block that the point has, zero or not, and no other', async () => {
    fixture.aws.faults.arm('StartSnapshot', { kind: 'reply-lost' });
    fixture.aws.faults.arm('CreateVolume', { kind: 'reply-lost' });
    fixture.aws.faults.arm('PutSnapshotBlock', { kind: 'reply-lost' });
    const throttled = { kind: 'error', status: 400, code: 'RequestThrottledException' } as const;
    fixture.aws.faults.arm('PutSnapshotBlock', throttled);

    const printed = await runDone(`restore ${point} --to-volumes --zone ${zone}`);

    const [volume, ...others] = made();
    assert.ok(volume?.written !== undefined);
    assert.deepEqual(others, []);
    assert.match(printed, new RegExp(`${volume.id} in ${zone}`));
    assert.equal(volume.availabilityZone, zone);
    assert.equal(volume.volumeType, 'gp3');
    assert.equal(volume.sizeGib, 1);
    const image = await readFile(disk);
    assert.deepEqual(
      [...volume.written.keys()].sort((a, b) => a - b),
      [3, 4, 9],
    );
    for (const [block, bytes] of volume.written) {
      const begin = block * blockSizeBytes;
      const expected = image.subarray(begin, begin + blockSizeBytes);
      assert.equal(Buffer.compare(Buffer.from(bytes), expected), 0, `block ${block}`);
    }
    assert.deepEqual(writtenSnapshots(), [], 'the snapshot that it was made of is gone');
  });

  it('is recorded, and stays when the region is reconciled', async () => {
    const [volume] = made();
    const plan = await runDone(`reconcile --region ${homeRegion}`);
    assert.match(plan, new RegExp(`restored +${volume?.id} .*stays`));
  });

  it('that fails leaves nothing, and says why', async () => {
    const before = made().length;
    const denied = { kind: 'error', status: 403, code: 'AccessDeniedException' } as const;
    fixture.aws.faults.arm('PutSnapshotBlock', denied, Infinity);

    const { exitCode, stdout, stderr } = await run(`restore ${point} --to-volumes --zone ${zone}`);

    assert.equal(exitCode, 1);
    assert.match(stdout + stderr, /ebs:PutSnapshotBlock/);
    assert.deepEqual(writtenSnapshots(), []);
    assert.equal(made().length, before);
  });

  it('that fails after the volume was made leaves none either', async () => {
    const before = made().length;
    const failing = { kind: 'error', status: 400, code: 'InvalidParameterValue' } as const;
    fixture.aws.faults.arm('CreateVolume', { ...failing, when: 'after-effect' }, Infinity);

    const { exitCode } = await run(`restore ${point} --to-volumes --zone ${zone}`);

    assert.equal(exitCode, 1);
    assert.deepEqual(writtenSnapshots(), []);
    assert.equal(made().length, before);
  });

  it('of a snapshot set has a volume of its snapshot, which stays', async () => {
    const taken = takenSnapshots();
    fixture.aws.faults.arm('CreateVolume', { kind: 'reply-lost' });

    const printed = await runDone(`restore ${set} --to-volumes --zone ${zone} --json`);

    const [volume, ...others] = ofSnapshots();
    assert.ok(volume !== undefined);
    assert.deepEqual(others, []);
    const { source, volumes } = JSON.parse(printed) as RestoredJson;
    assert.deepEqual(source, { kind: 'snapshot-set', id: set });
    assert.deepEqual(
      volumes.map(({ resourceId }) => resourceId),
      [volume.id],
    );
    assert.equal(volume.availabilityZone, zone);
    const image = join(fixture.localFolder, 'volumes', volume.id, volumeFiles.image);
    assert.ok((await readFile(image)).equals(await readFile(disk)));
    assert.deepEqual(takenSnapshots(), taken);
    assert.match(await runDone('reconcile'), new RegExp(`restored +${volume.id} .*stays`));
  });

  it('of a replica makes its volume in the region of the replica', async () => {
    const before = ofSnapshots();
    const [copy = ''] = fixture.ec2.world.snapshots
      .all()
      .filter(({ region }) => region === otherRegion)
      .map(({ id }) => id)
      .slice(-1);

    // The id of a copy leads to its replica.
    await runDone(`restore ${copy} --to-volumes --zone ${otherZone} --volume ${device}`);

    const [volume] = ofSnapshots().filter((one) => !before.includes(one));
    assert.deepEqual([volume?.snapshotId, volume?.availabilityZone], [copy, otherZone]);
    assert.ok((await readFile(volume?.imagePath ?? '')).equals(await readFile(disk)));
    const there = await runDone(`reconcile --region ${otherRegion}`);
    assert.match(there, new RegExp(`restored +${volume?.id} .*stays`));
    assert.doesNotMatch(await runDone('reconcile'), new RegExp(volume?.id ?? 'none'));
  });

  it('of a point makes its volume in another region, where that is said', async () => {
    const before = made();
    fixture.aws.faults.arm('StartSnapshot', { kind: 'reply-lost' });
    fixture.aws.faults.arm('CreateVolume', { kind: 'reply-lost' });

    await runDone(
      `restore ${point} --to-volumes --region ${otherRegion} --zone ${otherZone} --key ${keyOfOther}`,
    );

    const [volume, ...others] = made().filter((one) => !before.includes(one));
    assert.deepEqual(others, []);
    assert.equal(volume?.availabilityZone, otherZone);
    assert.ok([3, 4, 9].every((block) => volume.written?.has(block)));
    assert.deepEqual(writtenSnapshots(), [], 'in no region');
    const there = await runDone(`reconcile --region ${otherRegion}`);
    assert.match(there, new RegExp(`restored +${volume.id} .*stays`));
  });

  it('of a point in another region whose engine is killed is ended by resume, there', async () => {
    const before = made();
    fixture.aws.faults.arm('DescribeVolumes', { kind: 'hang' }, Infinity);
    const line = `restore ${point} --to-volumes --region ${otherRegion} --zone ${otherZone}`;
    assert.equal((await run(line, { watch: signalledAt('DescribeVolumes') })).exitCode, null);
    assert.equal(made().length, before.length + 1);
    fixture.aws.faults.clear();

    await run('resume');

    assert.deepEqual(made(), before);
    assert.deepEqual(writtenSnapshots(), []);
  });

  it('of snapshots is to volumes in their region, of what there is', async () => {
    const before = ofSnapshots().length;
    const cases = [
      [`restore ${set} --to x`, 2, /is snapshots in the cloud, of which no images are made/],
      [`restore ${replica} --to-volumes --zone ${zone}`, 2, /is not in eu-other-2/],
      [
        `restore ${set} --to-volumes --region ${otherRegion} --zone ${otherZone}`,
        2,
        /is in eu-test-1, and cannot be restored in eu-other-2/,
      ],
      [`restore ${set} --to-volumes --zone ${zone} --volume /dev/sdz`, 1, /It has: \/dev\/xvda/],
      ['restore snap-00000000 --to x', 1, /there is no restore point 'snap-00000000'/],
    ] as const;
    for (const [line, expected, words] of cases) {
      const { exitCode, stdout, stderr } = await run(line);
      assert.equal(exitCode, expected, line);
      assert.match(stdout + stderr, words);
    }
    assert.equal(ofSnapshots().length, before);
  });

  it('of snapshots that fails leaves no volume, and every snapshot', async () => {
    const [before, taken] = [ofSnapshots().length, takenSnapshots()];
    const failing = { kind: 'error', status: 400, code: 'InvalidParameterValue' } as const;
    fixture.aws.faults.arm('CreateVolume', { ...failing, when: 'after-effect' }, Infinity);

    const { exitCode } = await run(`restore ${set} --to-volumes --zone ${zone}`);

    assert.equal(exitCode, 1);
    assert.equal(ofSnapshots().length, before);
    assert.deepEqual(takenSnapshots(), taken);
  });

  it('of a replica whose engine is killed is ended by resume, in that region', async () => {
    const [before, taken] = [ofSnapshots().length, takenSnapshots()];
    fixture.aws.faults.arm('DescribeVolumes', { kind: 'hang' }, Infinity);
    const line = `restore ${replica} --to-volumes --zone ${otherZone}`;
    const killed = await run(line, { watch: signalledAt('DescribeVolumes') });
    assert.equal(killed.exitCode, null);
    assert.equal(ofSnapshots().length, before + 1);
    fixture.aws.faults.clear();

    await run('resume');

    assert.equal(ofSnapshots().length, before);
    assert.deepEqual(takenSnapshots(), taken);
  });

  it('to an instance launches it as it was, or is said, with what the point has', async () => {
    fixture.aws.faults.arm('RegisterImage', { kind: 'reply-lost' });
    fixture.aws.faults.arm('RunInstances', { kind: 'reply-lost' });

    const options = [
      '--type m7i.xlarge --profile web --volume-type gp3 --tag why=drill',
      '--launch-setting tenancy=dedicated --launch-setting metadata-tokens=required',
      `--volume-setting ${device}:iops=9000 --volume-setting ${device}:on-termination=delete`,
    ].join(' ');
    const printed = await runDone(`restore ${point} --to-instance ${options}`);

    const [instance, ...others] = launched();
    assert.ok(instance !== undefined);
    assert.deepEqual(others, []);
    assert.match(printed, new RegExp(`instance ${instance.id}`));
    assert.deepEqual(
      [instance.instanceType, instance.subnetId, instance.request['IamInstanceProfile']],
      ['m7i.xlarge', 'subnet-0123456789abcdef0', { Name: 'web' }],
    );
    assert.deepEqual(
      [instance.request['Placement'], instance.request['MetadataOptions']],
      [{ Tenancy: 'dedicated' }, { HttpTokens: 'required' }],
    );
    const [volume] = volumesOf(instance);
    assert.deepEqual([volume?.iops, volume?.attachment?.deleteOnTermination], [9000, true]);
    assert.deepEqual(
      [...(volume?.written?.keys() ?? [])].sort((a, b) => a - b),
      [3, 4, 9],
    );
    assert.match(printed, new RegExp(`${volume?.id} of ${instance.id}`));
    assert.deepEqual([writtenSnapshots(), fixture.ec2.world.images.all()], [[], []]);
    assert.match(await runDone('reconcile'), new RegExp(`restored +${instance.id} .*stays`));
    assert.match(await runDone('instance list'), new RegExp(instance.id));
  });

  it('of a replica to an instance asks for what is of its region, and launches it there', async () => {
    const [before, taken] = [launched(), takenSnapshots()];
    const line = `restore ${replica} --to-instance --volume-type gp3`;
    const refused = await run(line);
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stdout + refused.stderr, /Say it: --subnet, --security-group/);
    assert.deepEqual(launched(), before);

    await runDone(`${line} --subnet subnet-there --security-group sg-there`);

    const [instance] = launched().filter((one) => !before.includes(one));
    assert.ok(instance !== undefined);
    assert.deepEqual([instance.region, instance.subnetId], [otherRegion, 'subnet-there']);
    assert.deepEqual(
      volumesOf(instance).map(({ snapshotId }) => taken.includes(snapshotId)),
      [true],
    );
    assert.deepEqual([takenSnapshots(), fixture.ec2.world.images.all()], [taken, []]);
  });

  it('of a point launches its instance in another region, of what is of that', async () => {
    const before = launched();
    const line = `restore ${point} --to-instance --region ${otherRegion} --volume-type gp3`;
    const refused = await run(line);
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stdout + refused.stderr, /Say it: --subnet, --security-group/);

    await runDone(`${line} --subnet subnet-other --security-group sg-other`);

    const [instance, ...others] = launched().filter((one) => !before.includes(one));
    assert.deepEqual(others, []);
    assert.deepEqual([instance?.region, instance?.subnetId], [otherRegion, 'subnet-other']);
    assert.deepEqual([writtenSnapshots(), fixture.ec2.world.images.all()], [[], []]);
  });

  it('to an instance whose engine is killed is ended by resume, which leaves nothing of it', async () => {
    const before = launched();
    fixture.aws.faults.arm('DescribeInstances', { kind: 'hang' }, Infinity);
    const line = `restore ${point} --to-instance --volume-type gp3`;
    const killed = await run(line, { watch: signalledAt('DescribeInstances') });
    assert.equal(killed.exitCode, null);
    assert.equal(launched().length, before.length + 1);
    assert.deepEqual([writtenSnapshots().length, fixture.ec2.world.images.all().length], [1, 1]);
    const [left] = launched().filter((one) => !before.includes(one));
    assert.ok(left !== undefined);
    const volumes = volumesOf(left);
    fixture.aws.faults.clear();

    await run('resume');

    assert.deepEqual(launched(), before);
    assert.deepEqual([writtenSnapshots(), fixture.ec2.world.images.all()], [[], []]);
    assert.ok(volumes.length > 0 && volumes.every(({ deletedAtMs }) => deletedAtMs !== null));
  });

  it('whose engine is killed is ended by resume, which removes what it had made', async () => {
    const before = made().length;
    fixture.aws.faults.arm('PutSnapshotBlock', { kind: 'hang' }, Infinity);
    const line = `restore ${point} --to-volumes --zone ${zone}`;
    const killed = await run(line, { watch: signalledAt('PutSnapshotBlock') });
    assert.equal(killed.exitCode, null);
    assert.equal(writtenSnapshots().length, 1);
    fixture.aws.faults.clear();

    await run('resume');

    assert.deepEqual(writtenSnapshots(), []);
    assert.equal(made().length, before);
    const sessions = JSON.parse(await runDone('sessions --json')) as { status: string }[];
    assert.ok(sessions.every(({ status }) => status !== 'running'));
  });
});
