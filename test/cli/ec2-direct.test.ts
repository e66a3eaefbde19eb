import assert from 'node:assert/strict';
import { copyFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import type { AwsFault } from '../support/aws/aws-faults.ts';
import type { Ec2Fixture } from '../support/aws/ec2/ec2-fixture.ts';
import { noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { type Ec2Program, openEc2Program } from './support/ec2-program.ts';

const device = '/dev/xvda';
const volumeSizeBytes = 1024 ** 3;

/*
 * The whole cycle without any worker, on fakes of EC2, EBS direct and S3; what is killed or cancelled is the real
 * program in a process of its own. The vault says nothing of workers, so one that was wanted would be an error.
 */
describe('a vault on EC2 (a fake) whose transport is direct', { timeout: 240_000 }, () => {
  let program: Ec2Program;
  let folder: string;
  let run: Ec2Program['run'];
  let runDone: Ec2Program['runDone'];
  let parsed: Ec2Program['parsed'];
  let signalledAt: Ec2Program['signalledAt'];
  let fixture: Ec2Fixture;
  let instanceId: InstanceId;
  let disk: string;

  before(async () => {
    program = await openEc2Program();
    ({ fixture, folder, run, runDone, parsed, signalledAt } = program);
    instanceId = await fixture.addInstance([{ device, sizeGib: volumeSizeBytes / 1024 ** 3 }]);
    disk = fixture.diskPath(instanceId, device);
    await writeBlock(disk, 3, noise('first', blockSizeBytes));
    await writeBlock(disk, 9, noise('second', blockSizeBytes));
  });
  after(() => program[Symbol.asyncDispose]());
  beforeEach(() => {
    fixture.aws.faults.clear();
  });

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
    const killed = await run(`backup ${instanceId}`, {
      watch: signalledAt('GetSnapshotBlock'),
    });
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

    const { stdout, stderr } = await run(`backup ${instanceId}`, {
      watch: signalledAt('GetSnapshotBlock', { signal: 'SIGINT' }),
    });

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
});
