import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { bootScript } from '../../../../src/adapters/aws/ec2/workers/boot-script.ts';
import type {
  BootArchive,
  WorkerPrograms,
} from '../../../../src/adapters/aws/ec2/workers/worker-settings.ts';
import { freeDeviceName } from '../../../../src/adapters/aws/ec2/volumes/device-names.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type {
  InstanceId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  WorkerId,
} from '../../../../src/domain/identifiers.ts';
import type { TemporaryVolume } from '../../../../src/ports/cloud/volumes.ts';
import type { WorkerDescription } from '../../../../src/ports/cloud/workers.ts';
import {
  type Ec2Fixture,
  fastLimits,
  openEc2Fixture,
} from '../../../support/aws/ec2/ec2-fixture.ts';
import { makeNodeArchive } from '../../../support/aws/ec2/node-archive.ts';
import { serveArchive } from '../../../support/aws/ec2/worker-bundle.ts';
import { usualMachine } from '../../../../src/domain/policy/worker-policy.ts';

function programsAt(url: string, other: Partial<BootArchive> = {}): WorkerPrograms {
  return { bundle: { url, sha256: 'ab'.repeat(32), signedIn: 'eu-test-1', ...other }, node: null };
}

describe('workers on EC2', () => {
  let fixture: Ec2Fixture;
  const owner = {
    sessionId: systemRandom.uuid() as SessionId,
    instanceId: 'i-0123456789abcdef0' as InstanceId,
  };

  beforeEach(async () => {
    fixture = await openEc2Fixture();
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  const launch = (userData = 'wait', clientToken = systemRandom.uuid()) =>
    fixture.cloud.workers.launch({
      owner,
      clientToken,
      userData: Buffer.from(userData),
      machine: usualMachine,
    });
  const until = async (workerId: WorkerId, state: string): Promise<WorkerDescription> => {
    for (let look = 0; look < 400; look += 1) {
      const worker = await fixture.cloud.workers.describe(workerId);
      if (worker?.state === state) return worker;
      await sleep(20);
    }
    return assert.fail(`${workerId} did not get ${state}`);
  };
  const snapshot = async (): Promise<SnapshotId> => {
    const id = await fixture.addInstance([{ device: '/dev/xvda', sizeGib: 1 }]);
    const { instanceId, volumes, configuration } = await fixture.cloud.instances.describe(id);
    const [made] = await fixture.cloud.snapshots.createSet({
      setId: systemRandom.uuid() as SnapshotSetId,
      owner: { ...owner, instanceId },
      instanceId,
      volumes,
      policyId: null,
      volumeTags: 'leave',
      configuration,
    });
    assert.ok(made !== undefined);
    await sleep(fixture.ec2.world.timing.snapshotMs + 10);
    return made.snapshotId;
  };
  const createVolume = async (): Promise<TemporaryVolume> =>
    fixture.cloud.volumes.create({
      snapshotId: await snapshot(),
      owner,
      clientToken: systemRandom.uuid(),
    });

  describe('are asked for', () => {
    it('so that metadata needs a token, and their own shutdown terminates them', async () => {
      const { workerId } = await launch();

      const fake = fixture.ec2.world.instances.find(workerId);
      assert.ok(fake !== undefined);
      assert.equal(fake.request['InstanceInitiatedShutdownBehavior'], 'terminate');
      assert.deepEqual(fake.request['MetadataOptions'], {
        HttpTokens: 'required',
        HttpEndpoint: 'enabled',
        HttpPutResponseHopLimit: 1,
      });
      assert.equal(fake.request['MaxCount'], 1);
      assert.match(fake.clientToken ?? '', /^[0-9a-f]{64}$/);
    });

    it('once, whatever becomes of the replies, and by whatever process', async () => {
      const token = systemRandom.uuid();
      fixture.aws.faults.arm('RunInstances', { kind: 'reply-lost' });
      fixture.aws.faults.arm('RunInstances', {
        kind: 'error',
        status: 503,
        code: 'RequestLimitExceeded',
      });

      const first = await launch('wait', token);
      const again = await fixture.reopen().workers.launch({
        owner,
        clientToken: token,
        userData: Buffer.from('wait'),
        machine: usualMachine,
      });

      assert.equal(again.workerId, first.workerId);
      assert.equal(fixture.ec2.world.instances.all().length, 1);
    });

    it('once also when the bundle in their user data has changed since', async () => {
      const token = systemRandom.uuid();
      const first = await launch('wait', token);
      await launch('wait');

      // What an upgrade does to the script: other bytes under the same token.
      const again = await fixture.reopen().workers.launch({
        owner,
        clientToken: token,
        userData: Buffer.from('end'),
        machine: usualMachine,
      });

      assert.equal(again.workerId, first.workerId);
      assert.deepEqual(again.owner, owner);
      assert.equal(fixture.ec2.world.instances.all().length, 2);
    });

    it('and are looked for again later when EC2 knows the token and lists nothing', async () => {
      fixture.ec2.world.timing.visibleAfterMs = 60_000;
      const token = systemRandom.uuid();
      await launch('wait', token);

      const again = fixture.reopen().workers.launch({
        owner,
        clientToken: token,
        userData: Buffer.from('end'),
        machine: usualMachine,
      });

      await assert.rejects(
        again,
        (error) => hasErrorCode(error, 'WORKER_FAILED') && error.retry === 'retryable',
      );
    });

    it('for a session, and found by it alone, also before listings show them', async () => {
      fixture.ec2.world.timing.visibleAfterMs = 60_000;
      const { workerId } = await launch();

      const found = await fixture.cloud.workers.find(owner);

      assert.deepEqual(
        found.map((one) => one.workerId),
        [workerId],
      );
      assert.deepEqual(
        await fixture.cloud.workers.find({ sessionId: systemRandom.uuid() as SessionId }),
        [],
      );
      assert.notEqual(await fixture.cloud.workers.describe(workerId), null);
      assert.deepEqual((await fixture.cloud.instances.readable()).instances, []);
    });
  });

  describe('boot', () => {
    it('and end themselves when their program does', async () => {
      const { workerId } = await launch('end');

      const worker = await until(workerId, 'gone');

      assert.equal(worker.stateMessage, 'Instance initiated shutdown');
    });

    it('and run nothing but the bundle that was meant', async () => {
      fixture.bundle.replace(randomBytes(1000));
      const { workerId } = await launch('wait');

      await until(workerId, 'gone');
    });
  });

  describe('boot with an archive of Node', () => {
    const launchWith = async (
      archive: Uint8Array,
      other: { readonly meant?: Uint8Array } = {},
    ): Promise<WorkerId> => {
      await using served = await serveArchive(archive);
      const sha256 = createHash('sha256')
        .update(other.meant ?? archive)
        .digest('hex');
      const node = { url: served.url, sha256, signedIn: null };
      const { workers } = fixture.reopen({ node });
      const clientToken = systemRandom.uuid();
      const userData = Buffer.from('end');
      const { workerId } = await workers.launch({
        owner,
        clientToken,
        userData,
        machine: usualMachine,
      });
      await until(workerId, 'gone');
      return workerId;
    };
    /** Its `bin/node` leaves a mark, so that it is seen whether it was run. */
    const nodeThatMarks = async (): Promise<Uint8Array> => {
      const mark = 'echo ran > "$SNAPLEDGER_ROOT/node-ran"';
      return await readFile(await makeNodeArchive(fixture.localFolder, mark));
    };
    const hasRun = async (workerId: WorkerId): Promise<boolean> => {
      const machine = fixture.ec2.world.instances.find(workerId)?.machineId ?? '';
      const names = await readdir(path.join(fixture.localFolder, 'workers', machine));
      return names.includes('node-ran');
    };

    it('and run that one', async () => {
      assert.equal(await hasRun(await launchWith(await nodeThatMarks())), true);
    });

    it('and not one that is another', async () => {
      const workerId = await launchWith(await nodeThatMarks(), { meant: randomBytes(100) });
      assert.equal(await hasRun(workerId), false);
    });
  });

  describe('get a boot script', () => {
    it('that fits into the user data of EC2, or is refused', () => {
      const programs = programsAt('https://bucket/worker.tar.gz');
      assert.ok(bootScript(programs, randomBytes(8 * 1024)).length <= 16 * 1024);
      assert.throws(
        () => bootScript(programs, randomBytes(13 * 1024)),
        (error) => hasErrorCode(error, 'INVALID_ARGUMENT'),
      );
    });

    it('into which no address can smuggle a command', () => {
      for (const url of ["https://a/'; rm -rf /", 'https://a/$(id)', 'file:///etc/passwd', 'a b']) {
        assert.throws(
          () => bootScript(programsAt(url), new Uint8Array()),
          (error) => hasErrorCode(error, 'INVALID_ARGUMENT'),
        );
      }
      assert.throws(
        () => bootScript(programsAt('https://a/b', { sha256: 'AB' }), new Uint8Array()),
        (error) => hasErrorCode(error, 'INVALID_ARGUMENT'),
      );
      assert.throws(
        () => bootScript(programsAt('https://a/b', { signedIn: "eu'1" }), new Uint8Array()),
        (error) => hasErrorCode(error, 'INVALID_ARGUMENT'),
      );
    });
  });

  describe('have volumes', () => {
    it('attached once, also when the reply is lost', async () => {
      const { workerId } = await launch();
      await until(workerId, 'running');
      const { volumeId } = await createVolume();
      fixture.aws.faults.arm('AttachVolume', { kind: 'reply-lost' });

      await fixture.cloud.volumes.attach(volumeId, workerId);

      assert.equal(fixture.aws.faults.calls('AttachVolume'), 1);
      const [found] = await fixture.reopen().volumes.find(owner);
      assert.equal(found?.attachedTo, workerId);
    });

    it('made also when not every host of EC2 has their snapshot as completed yet', async () => {
      const snapshotId = await snapshot();
      fixture.ec2.world.timing.agreedAfterMs = 150;
      const request = { snapshotId, owner, clientToken: systemRandom.uuid() };

      const { volumeId } = await fixture.cloud.volumes.create(request);

      assert.ok(fixture.aws.faults.calls('CreateVolume') > 1, 'it was refused at first');
      assert.equal(fixture.ec2.world.volumes.find(volumeId)?.snapshotId, snapshotId);
    });

    it('given up at once when they come to nothing, because their key is gone', async () => {
      const { workerId } = await launch();
      const { volumeId } = await createVolume();
      const volume = fixture.ec2.world.volumes.find(volumeId);
      assert.ok(volume !== undefined);
      volume.hasFailed = true;
      await sleep(fixture.ec2.world.timing.visibleAfterMs);

      await assert.rejects(
        fixture.cloud.volumes.attach(volumeId, workerId),
        (error) =>
          hasErrorCode(error, 'CLOUD_REFUSED') &&
          error.message.includes('ended in the state error'),
      );
      assert.equal(fixture.aws.faults.calls('AttachVolume'), 0);
      await fixture.cloud.volumes.delete(volumeId);
      assert.notEqual(volume.deletedAtMs, null);
    });

    it('attached also when EC2 does not show the worker yet', async () => {
      const { volumeId } = await createVolume();
      const cloud = fixture.reopen({ limits: { ...fastLimits, pollMs: 50, firstPollMs: 50 } });
      await sleep(fixture.ec2.world.timing.volumeMs);
      fixture.ec2.world.timing.visibleAfterMs = 120;
      const { workerId } = await launch();

      await cloud.volumes.attach(volumeId, workerId);

      assert.equal(fixture.ec2.world.volumes.require(volumeId).attachment?.instanceId, workerId);
    });

    it('not attached to one that EC2 does not show for long', async () => {
      const { volumeId } = await createVolume();
      const absent = 'i-0123456789abcdef0' as WorkerId;

      await assert.rejects(fixture.cloud.volumes.attach(volumeId, absent), (error) =>
        hasErrorCode(error, 'WORKER_NOT_FOUND'),
      );
    });

    it('that survive them, and are removed all the same', async () => {
      const { workerId } = await launch();
      await until(workerId, 'running');
      const { volumeId } = await createVolume();
      await fixture.cloud.volumes.attach(volumeId, workerId);

      await fixture.cloud.workers.terminate(workerId);

      const [left] = await fixture.cloud.volumes.find(owner);
      assert.deepEqual([left?.volumeId, left?.attachedTo], [volumeId, null]);
      await fixture.cloud.volumes.delete(volumeId);
      assert.deepEqual(await fixture.cloud.volumes.find(owner), []);
    });

    it('removed while they are attached', async () => {
      const { workerId } = await launch();
      await until(workerId, 'running');
      const { volumeId } = await createVolume();
      await fixture.cloud.volumes.attach(volumeId, workerId);
      fixture.aws.faults.arm('DeleteVolume', { kind: 'reply-lost' });

      await fixture.cloud.volumes.delete(volumeId);

      assert.equal(fixture.aws.faults.calls('DetachVolume'), 1);
      assert.deepEqual(await fixture.reopen().volumes.find(owner), []);
    });

    it('that are gp3, in the zone of the worker', async () => {
      const { volumeId } = await createVolume();

      const fake = fixture.ec2.world.volumes.find(volumeId);
      assert.equal(fake?.volumeType, 'gp3');
      assert.equal(fake.availabilityZone, 'eu-test-1a');
    });

    it('under names that are free, as many as there are', () => {
      const taken = new Set<string>();
      for (let name = freeDeviceName(taken); name !== null; name = freeDeviceName(taken)) {
        assert.ok(!taken.has(name));
        taken.add(name);
      }
      assert.equal(taken.size, 11 + 78);
      assert.ok(taken.has('/dev/sdf') && taken.has('/dev/xvddz'));
    });
  });

  it('that are not known to EC2 yet are terminated all the same', async () => {
    fixture.ec2.world.timing.visibleAfterMs = 100;
    const { workerId } = await launch();

    await fixture.cloud.workers.terminate(workerId);

    assert.notEqual(fixture.ec2.world.instances.find(workerId)?.terminatedAtMs, null);
  });
});

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
