import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import type { FakeVolume } from '../support/aws/ec2/ec2-resources.ts';
import { type Ec2Fixture, homeRegion, openEc2Fixture } from '../support/aws/ec2/ec2-fixture.ts';
import { immediately } from '../support/aws/ec2/ec2-world.ts';
import { FakeBucket } from '../support/aws/s3/fake-bucket.ts';
import { noise, writeBlock } from '../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { type ProcessOptions, type ProcessResult, runProcess } from './support/cli-process.ts';

const device = '/dev/xvda';
const zone = `${homeRegion}b`;

/* Restores to volumes of EC2, by the real program in processes of its own, on fakes. */
describe('a restore to volumes of EC2 (a fake)', { timeout: 240_000 }, () => {
  let temporary: TemporaryFolder;
  let folder: string;
  let fixture: Ec2Fixture;
  let instanceId: InstanceId;
  let disk: string;
  let point: string;

  before(async () => {
    temporary = await makeTemporaryFolder();
    folder = temporary.path;
    const bucket = new FakeBucket({ name: 'backups', region: homeRegion });
    fixture = await openEc2Fixture({ buckets: [bucket] });
    // The program polls in seconds: what the fake takes its time for is tested elsewhere.
    Object.assign(fixture.ec2.world.timing, immediately);
    instanceId = await fixture.addInstance([{ device, sizeGib: 1 }]);
    disk = fixture.diskPath(instanceId, device);
    const repository = `--repository s3://backups/own --s3-endpoint ${fixture.aws.endpoint}`;
    await runDone(`init ${repository} --cloud ec2 --region ${homeRegion}`);
    await runDone(`policy set ${instanceId} --transport direct`);
    await writeBlock(disk, 3, noise('first', blockSizeBytes));
    await writeBlock(disk, 4, noise('second', blockSizeBytes));
    await runDone(`backup ${instanceId}`);
    // Present from now on, and all zero: not the same as never written.
    await writeBlock(disk, 4, Buffer.alloc(blockSizeBytes));
    await writeBlock(disk, 9, noise('third', blockSizeBytes));
    await runDone(`backup ${instanceId}`);
    const points = JSON.parse(await runDone(`points ${instanceId} --json`)) as { id: string }[];
    point = points.at(-1)?.id ?? '';
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    fixture.aws.faults.clear();
  });

  function run(line: string, watch?: ProcessOptions['watch']): Promise<ProcessResult> {
    const env = {
      ...fixture.environment(),
      SNAPLEDGER_VAULT: 'vault',
      SNAPLEDGER_PASSPHRASE: 'correct horse',
    };
    return runProcess(line.split(' '), { env, folder, ...(watch === undefined ? {} : { watch }) });
  }
  async function runDone(line: string): Promise<string> {
    const { exitCode, stdout, stderr } = await run(line);
    assert.equal(exitCode, 0, `${line}: ${stdout}${stderr}`);
    return stdout;
  }
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
      [`restore ${point} --to x --to-volumes --zone ${zone}`, 2, /images and volumes/],
      [`restore ${point} --to x --zone ${zone}`, 2, /said of volumes/],
      [`restore ${point} --to-volumes --zone us-east-1a`, 2, /is not in eu-test-1/],
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

  it('whose engine is killed is ended by resume, which removes what it had made', async () => {
    const before = made().length;
    fixture.aws.faults.arm('PutSnapshotBlock', { kind: 'hang' }, Infinity);
    const puts = fixture.aws.faults.calls('PutSnapshotBlock');
    const killed = await run(`restore ${point} --to-volumes --zone ${zone}`, (child) => {
      const look = setInterval(() => {
        if (fixture.aws.faults.calls('PutSnapshotBlock') === puts) return;
        clearInterval(look);
        child.kill('SIGKILL');
      }, 20);
      child.once('close', () => {
        clearInterval(look);
      });
    });
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
