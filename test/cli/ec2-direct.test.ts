import assert from 'node:assert/strict';
import { copyFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import type { AwsFault } from '../support/aws/aws-faults.ts';
import { type Ec2Fixture, homeRegion, openEc2Fixture } from '../support/aws/ec2/ec2-fixture.ts';
import { FakeBucket } from '../support/aws/s3/fake-bucket.ts';
import { useAccount } from '../support/aws/use-account.ts';
import { noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { type ProcessOptions, type ProcessResult, runProcess } from './support/cli-process.ts';
import { runInProcess } from './support/run-in-process.ts';
import { immediately } from '../support/aws/ec2/ec2-world.ts';

const device = '/dev/xvda';
const volumeSizeBytes = 1024 ** 3;

/*
 * The whole cycle without any worker, on fakes of EC2, EBS direct and S3; what is killed or cancelled is the real
 * program in a process of its own. The vault says nothing of workers, so one that was wanted would be an error.
 */
describe('a vault on EC2 (a fake) whose transport is direct', { timeout: 240_000 }, () => {
  let temporary: TemporaryFolder;
  let folder: string;
  let fixture: Ec2Fixture;
  let account: Disposable;
  let bucket: FakeBucket;
  let instanceId: InstanceId;
  let disk: string;

  before(async () => {
    temporary = await makeTemporaryFolder();
    folder = temporary.path;
    bucket = new FakeBucket({ name: 'backups', region: homeRegion });
    fixture = await openEc2Fixture({ buckets: [bucket] });
    account = useAccount(fixture.environment());
    Object.assign(fixture.ec2.world.timing, immediately);
    instanceId = await fixture.addInstance([{ device, sizeGib: volumeSizeBytes / 1024 ** 3 }]);
    disk = fixture.diskPath(instanceId, device);
    await writeBlock(disk, 3, noise('first', blockSizeBytes));
    await writeBlock(disk, 9, noise('second', blockSizeBytes));
    const repository = `--repository s3://backups/own --s3-endpoint ${fixture.aws.endpoint}`;
    await runDone(`init ${repository} --cloud ec2 --region ${homeRegion}`);
  });
  after(async () => {
    account[Symbol.dispose]();
    await fixture[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    fixture.aws.faults.clear();
  });

  function run(line: string, watch?: ProcessOptions['watch']): Promise<ProcessResult> {
    const env = { SNAPLEDGER_VAULT: 'vault', SNAPLEDGER_PASSPHRASE: 'correct horse' };
    const argv = line.split(' ');
    if (watch === undefined) return runInProcess(argv, { env, folder });
    return runProcess(argv, { env: { ...fixture.environment(), ...env }, folder, watch });
  }
  async function runDone(line: string): Promise<string> {
    const { exitCode, stdout, stderr } = await run(line);
    assert.equal(exitCode, 0, `${line}: ${stdout}${stderr}`);
    return stdout;
  }
  async function parsed<Result>(line: string): Promise<Result> {
    return JSON.parse(await runDone(`${line} --json`)) as Result;
  }
  async function assertRestored(to: string): Promise<void> {
    const points = await parsed<{ id: string }[]>(`points ${instanceId}`);
    await runDone(`restore ${points.at(-1)?.id} --to ${to}`);
    const padded = join(folder, 'padded.img');
    await copyFile(disk, padded);
    await truncate(padded, volumeSizeBytes);
    assert.equal(await sha256OfFile(join(folder, to, 'xvda.img')), await sha256OfFile(padded));
  }
  function assertNothingMade(): void {
    const { instances, volumes } = fixture.ec2.world;
    assert.ok(instances.all().every(({ machineId }) => machineId === null));
    assert.ok(volumes.all().every(({ attachment }) => attachment !== null));
  }

  it('says so of an instance of the marketplace, and begins nothing', async () => {
    const instance = fixture.ec2.world.instances.find(instanceId);
    assert.ok(instance !== undefined);
    instance.productCodes = ['8nv3jxnfqcs5fxdb9g9vnk5ns'];
    await runDone(`policy set ${instanceId} --keep-snapshots 1`);

    const { exitCode, stdout, stderr } = await run(`backup ${instanceId}`);

    assert.equal(exitCode, 1);
    assert.match(stdout + stderr, /no worker can read its volumes/);
    assert.match(stdout + stderr, /--transport direct/);
    assert.deepEqual(fixture.ec2.world.snapshots.all(), []);
  });

  it('backs up in full through everything that EBS does now and then', async () => {
    assert.match(
      await runDone(`policy set ${instanceId} --transport direct`),
      /transport {4}direct: the engine reads the snapshots, without a worker/,
    );
    const everyDay: readonly AwsFault[] = [
      { kind: 'error', status: 400, code: 'RequestThrottledException' },
      { kind: 'error', status: 400, code: 'ValidationException', reason: 'INVALID_BLOCK_TOKEN' },
      { kind: 'flipped-bit', atByte: 1000 },
      { kind: 'cut-in-reply', afterBytes: 100_000 },
      { kind: 'slow-reply', stepBytes: 100_000, pauseMs: 20 },
    ];
    for (const fault of everyDay) fixture.aws.faults.arm('GetSnapshotBlock', fault);

    assert.match(await runDone(`backup ${instanceId}`), / read {6}2 blocks/);

    assert.ok(fixture.aws.faults.calls('GetSnapshotBlock') >= 2 + 4, 'the faults were met');
    assertNothingMade();
  });

  it('then only what changed, and retention removes the set before', async () => {
    await writeBlock(disk, 5, noise('third', blockSizeBytes));

    assert.match(await runDone(`backup ${instanceId}`), / read {6}1 block, 512\.0 KiB/);

    assert.equal((await parsed<unknown[]>(`snapshots ${instanceId}`)).length, 1);
  });

  it('goes on after its engine was killed in the middle', async () => {
    await writeBlock(disk, 6, noise('fourth', blockSizeBytes));
    fixture.aws.faults.arm('GetSnapshotBlock', { kind: 'hang' }, Infinity);
    const before = fixture.aws.faults.calls('GetSnapshotBlock');
    const killed = await run(`backup ${instanceId}`, killing(before));
    assert.equal(killed.exitCode, null);

    fixture.aws.faults.clear();
    await runDone('resume');

    const session = (await parsed<{ id: string; status: string }[]>('sessions')).at(-1);
    assert.equal(session?.status, 'succeeded');
    assert.match(await runDone(`replay ${session.id}`), /without a worker \(attempt 2\)/);
    // What each of the three sessions has read.
    await assertRestored('restored');
    assertNothingMade();
  });

  it('is cancelled in the middle and leaves nothing', async () => {
    await writeBlock(disk, 7, noise('fifth', blockSizeBytes));
    fixture.aws.faults.arm('GetSnapshotBlock', { kind: 'hang' }, Infinity);
    const before = fixture.aws.faults.calls('GetSnapshotBlock');

    const { stdout, stderr } = await run(`backup ${instanceId}`, killing(before, 'SIGINT'));

    assert.match(stdout + stderr, /cancelled/);
    assertNothingMade();
    fixture.aws.faults.clear();
    assert.match(await runDone(`backup ${instanceId}`), / read {6}1 block/);
  });

  it('fails when a block cannot be read, in words, and the next one is whole', async () => {
    await writeBlock(disk, 8, noise('sixth', blockSizeBytes));
    const denied: AwsFault = { kind: 'error', status: 403, code: 'AccessDeniedException' };
    fixture.aws.faults.arm('GetSnapshotBlock', denied, Infinity);

    const { exitCode, stdout, stderr } = await run(`backup ${instanceId}`);

    assert.equal(exitCode, 1);
    assert.match(stdout + stderr, /block 8 of snap-[0-9a-f]+ cannot be read/);
    assert.match(stdout + stderr, /ebs:GetSnapshotBlock/);
    fixture.aws.faults.clear();
    assert.match(await runDone(`backup ${instanceId}`), / read {6}1 block/);
    const plan = await parsed<{ items: { action: string }[] }>('reconcile');
    assert.ok(plan.items.every(({ action }) => action === 'keep'));
  });

  /** Signals the program as soon as it asks for a block. */
  function killing(before: number, signal: NodeJS.Signals = 'SIGKILL'): ProcessOptions['watch'] {
    let isWatched = false;
    return (child) => {
      if (isWatched) return;
      isWatched = true;
      const look = setInterval(() => {
        if (fixture.aws.faults.calls('GetSnapshotBlock') === before) return;
        clearInterval(look);
        child.kill(signal);
      }, 20);
      child.once('close', () => {
        clearInterval(look);
      });
    };
  }
});
