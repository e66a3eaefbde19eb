import assert from 'node:assert/strict';
import { readdir, readFile, copyFile, truncate } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackupSessionEvent } from '../../../../src/domain/backup-session/backup-events.ts';
import type { InstanceId } from '../../../../src/domain/identifiers.ts';
import type { AwsFault } from '../../../support/aws/aws-faults.ts';
import { type Ec2Backups, openEc2Backups } from '../../../support/aws/ec2/ec2-backups.ts';
import { type Ec2Fixture, otherRegion } from '../../../support/aws/ec2/ec2-fixture.ts';
import { isSpot, reclaimSpot } from '../../../support/aws/ec2/reclaim-spot.ts';
import {
  backUp,
  finished,
  type FinishedSession,
  readModes,
  recorded,
} from '../../../support/vault/back-up.ts';
import { eventually } from '../../../support/engine/eventually.ts';
import { sha256OfFile } from '../../../support/vault/disk-image.ts';
import { setTestPolicy, type TestPolicy } from '../../../support/vault/make-test-vault.ts';
import type { OpenTestVault } from '../../../support/vault/open-test-vault.ts';
import { restoredDigests } from '../../../support/vault/restored-digests.ts';

const volumeSizeBytes = 1024 ** 3;

/** What a session must come to, whatever its transport. */
interface Expected {
  readonly status: 'succeeded' | 'warning' | 'failed';
  /** Of the event that tells of it; none where a retry mends it and there is nothing to tell. */
  readonly event?: 'FailureDetected' | 'WorkerLost' | 'ReplicaFailed';
  readonly code?: string;
  readonly says?: RegExp;
}

interface Fault {
  readonly name: string;
  readonly only?: 'worker';
  readonly policy?: TestPolicy;
  /** Resolves when the fault has come about, where that takes something besides. */
  readonly arm: (rig: Rig) => Promise<void> | undefined;
  readonly disarm?: (rig: Rig) => void;
  readonly expected: Expected;
}

interface Rig {
  readonly fixture: Ec2Fixture;
  /** The next requests for these operations meet it, each `times`. */
  readonly armAll: (operations: readonly string[], fault: AwsFault, times?: number) => undefined;
  /** Resolves when the session that runs has recorded such an event. */
  readonly reached: (type: BackupSessionEvent['type']) => Promise<void>;
}

const error = (status: number, code: string, reason?: string): AwsFault => ({
  kind: 'error',
  status,
  code,
  ...(reason === undefined ? {} : { reason }),
});
const ec2Writes = [
  'CreateSnapshots',
  'RunInstances',
  'CreateVolume',
  'AttachVolume',
  'DeleteVolume',
  'TerminateInstances',
  'DeleteSnapshot',
];
const ec2Reads = ['DescribeInstances', 'DescribeSnapshots', 'DescribeVolumes'];
const ebsReads = ['ListChangedBlocks', 'GetSnapshotBlock'];
const s3Calls = ['PutObject', 'GetObject', 'HeadObject', 'ListObjectsV2', 'DeleteObject'];
const mended: Expected = { status: 'succeeded' };

const faults: readonly Fault[] = [
  {
    name: 'replies are lost after the effect',
    arm: ({ armAll }) => {
      armAll([...ec2Writes, 'PutObject', 'DeleteObject'], { kind: 'reply-lost' });
    },
    expected: mended,
  },
  {
    name: 'services answer 500',
    arm: ({ armAll }) => {
      armAll([...ec2Reads, ...ebsReads, ...s3Calls], error(500, 'InternalError'));
    },
    expected: mended,
  },
  {
    name: 'services are asked too often',
    arm: ({ armAll }) => {
      armAll([...ec2Writes, ...ec2Reads], error(503, 'RequestLimitExceeded'));
      armAll(ebsReads, error(400, 'ThrottlingException'));
      armAll(s3Calls, error(503, 'SlowDown'));
    },
    expected: mended,
  },
  {
    name: 'connections are reset in the middle of a body',
    arm: ({ armAll }) => {
      armAll([...ec2Reads, ...ebsReads, 'GetObject'], { kind: 'cut-in-reply', afterBytes: 40 });
    },
    expected: mended,
  },
  {
    name: 'bodies are slow',
    arm: ({ armAll }) => {
      armAll([...ebsReads, 'GetObject'], { kind: 'slow-reply', stepBytes: 50_000, pauseMs: 30 }, 2);
    },
    expected: mended,
  },
  {
    name: 'bytes do not have their checksum',
    arm: ({ armAll }) => {
      armAll(['GetSnapshotBlock', 'GetObject'], { kind: 'flipped-bit', atByte: 5 });
    },
    expected: mended,
  },
  {
    name: 'the token of a listing expires in its middle',
    arm: ({ fixture, armAll }) => {
      const { aws, ebs } = fixture;
      armAll(['ListChangedBlocks'], { kind: 'latency', delayMs: 30 }, Infinity);
      return until(aws.faults.calls('ListChangedBlocks') + 3, () =>
        aws.faults.calls('ListChangedBlocks'),
      ).then(() => {
        ebs.expireTokens('page');
      });
    },
    expected: mended,
  },
  {
    name: 'the snapshot ends in the state error',
    arm: ({ fixture }) => {
      const { snapshots, timing } = fixture.ec2.world;
      timing.snapshotMs = 200;
      const before = snapshots.all().length;
      return until(before + 1, () => snapshots.all().length).then(() => {
        const taken = snapshots.all().at(-1);
        assert.ok(taken !== undefined);
        taken.failure = 'Internal error of EBS';
      });
    },
    disarm: ({ fixture }) => {
      fixture.ec2.world.timing.snapshotMs = 0;
    },
    expected: {
      status: 'failed',
      event: 'FailureDetected',
      code: 'SNAPSHOT_FAILED',
      says: /Internal error of EBS/,
    },
  },
  {
    name: 'a copy fails late',
    policy: {
      replicas: [
        {
          target: { region: otherRegion, keyId: 'missing', account: null },
          schedules: [],
          retention: { count: 1, age: null, gfs: null },
        },
      ],
    },
    arm: ({ fixture }) => {
      fixture.ec2.world.timing.copyMs = 300;
      return undefined;
    },
    expected: {
      status: 'warning',
      event: 'ReplicaFailed',
      code: 'SNAPSHOT_FAILED',
      says: /Given key ID is not accessible/,
    },
  },
  {
    name: 'the bucket is full for a moment',
    arm: ({ armAll }) => {
      armAll(['PutObject'], error(507, 'InsufficientStorage'));
    },
    expected: {
      status: 'failed',
      event: 'FailureDetected',
      code: 'STORE_FULL',
      says: /InsufficientStorage/,
    },
  },
  {
    name: 'the worker never boots',
    only: 'worker',
    arm: ({ fixture }) => {
      fixture.bundle.replace(Buffer.from('not the bundle'));
      return undefined;
    },
    disarm: ({ fixture }) => {
      fixture.bundle.restore();
    },
    expected: { status: 'failed', event: 'WorkerLost', code: 'WORKER_LOST', says: /./ },
  },
  {
    name: 'the worker dies in the middle',
    only: 'worker',
    arm: async ({ fixture, reached }) => {
      const pid = await workerProcess(fixture);
      // It is neither to have ended before it has its volumes, nor to be done with them.
      process.kill(pid, 'SIGSTOP');
      await reached('VolumesAttached');
      process.kill(pid, 'SIGKILL');
    },
    expected: { status: 'succeeded', event: 'WorkerLost', code: 'WORKER_LOST', says: /is gone/ },
  },
  {
    name: 'the worker hangs',
    only: 'worker',
    arm: ({ fixture }) => workerProcess(fixture).then((pid) => void process.kill(pid, 'SIGSTOP')),
    expected: {
      status: 'succeeded',
      event: 'WorkerLost',
      code: 'WORKER_LOST',
      says: /silent|hello/,
    },
  },
  {
    name: 'the spot instance is reclaimed',
    only: 'worker',
    policy: { workers: { types: [], market: 'spot' } },
    arm: async ({ fixture }) => {
      await workerProcess(fixture);
      const { world } = fixture.ec2;
      const worker = world.instances.all().findLast(isSpot);
      assert.ok(worker !== undefined);
      await reclaimSpot(world, worker);
    },
    expected: {
      status: 'succeeded',
      event: 'WorkerLost',
      code: 'WORKER_LOST',
      says: /has reclaimed the spot instance/,
    },
  },
  {
    name: 'a volume never attaches',
    only: 'worker',
    arm: ({ fixture }) => {
      fixture.ec2.world.timing.attachMs = Infinity;
      return undefined;
    },
    disarm: ({ fixture }) => {
      fixture.ec2.world.timing.attachMs = 0;
    },
    expected: {
      status: 'failed',
      event: 'FailureDetected',
      code: 'TIMED_OUT',
      says: /attached to i-/,
    },
  },
];

/*
 * Every fault that the fakes know, met by a whole session of each transport: engine, SDK clients, boot
 * script and worker are the real ones, the repository is in the fake of S3.
 */
for (const transport of ['direct', 'worker'] as const) {
  describe(`a backup by ${transport} (on fakes) when`, { timeout: 900_000 }, () => {
    let backups: Ec2Backups;
    let fixture: Ec2Fixture;
    let vault: OpenTestVault;
    let instanceId: InstanceId;

    before(async () => {
      backups = await openEc2Backups(transport);
      ({ fixture, instanceId } = backups);
      vault = await backups.open();
    });
    after(async () => {
      await vault[Symbol.asyncDispose]();
      await backups[Symbol.asyncDispose]();
    });
    beforeEach(() => backups.write());
    afterEach(async () => {
      fixture.aws.faults.clear();
      await backups.assertNothingLeft();
      await setTestPolicy(vault, { keep: 1, transport }, instanceId);
      await backups.write();
      // The base is where it has to be: the next one is of what changed, and whole.
      const next = await run();
      assert.deepEqual(next.summary.problems, []);
      assert.deepEqual(readModes(next), ['changed']);
      assert.ok(next.summary.pointId !== null);
      assert.deepEqual(await restoredDigests(vault, next.summary.pointId), [await volumeDigest()]);
    });

    const run = (): Promise<FinishedSession> => backUp(vault.engine, { instanceId });
    async function volumeDigest(): Promise<string> {
      const padded = path.join(backups.temporaryFolder, 'padded.img');
      await copyFile(backups.disk, padded);
      await truncate(padded, volumeSizeBytes);
      return await sha256OfFile(padded);
    }

    async function hasRecorded(type: string): Promise<boolean> {
      const sessions = await vault.engine.listSessions({ instanceId });
      const running = sessions.find(({ status }) => status === 'running');
      if (running === undefined) return false;
      for await (const { event } of vault.engine.replay(running.sessionId)) {
        if (event.type === type) return true;
      }
      return false;
    }

    for (const { name, only, policy, arm, disarm, expected } of faults) {
      if (only !== undefined && only !== transport) continue;
      it(name, async () => {
        await setTestPolicy(vault, { keep: 1, transport, ...policy }, instanceId);
        const rig: Rig = {
          fixture,
          armAll: (operations, fault, times = 1) => {
            for (const one of operations) fixture.aws.faults.arm(one, fault, times);
          },
          reached: (type) => eventually(`${type} is recorded`, () => hasRecorded(type)),
        };
        const armed = arm(rig);

        const [session] = await Promise.all([run(), armed]);

        disarm?.(rig);
        const { status, event, code, says = /./ } = expected;
        assert.equal(session.summary.status, status, JSON.stringify(session.summary.problems));
        if (event === undefined) {
          assert.deepEqual(session.summary.problems, []);
          return;
        }
        const problems = recorded(session, event).map(({ problem }) => problem);
        assert.deepEqual(problems[0]?.code, code);
        assert.match(problems[0]?.message ?? '', says);
      });
    }

    it('the bucket stays full: the session stays open, and is ended once there is room', async () => {
      const full = error(507, 'InsufficientStorage');
      fixture.aws.faults.arm('PutObject', full, Infinity);
      await assert.rejects(run(), { code: 'STORE_FULL' });
      fixture.aws.faults.clear();
      await vault[Symbol.asyncDispose]();
      vault = await backups.open();

      const [left, ...others] = await vault.engine.resumeInterrupted();

      assert.ok(left !== undefined);
      assert.deepEqual(others, []);
      assert.equal((await finished(left)).summary.problems[0]?.code, 'STORE_FULL');
    });
  });
}

async function until(wanted: number, count: () => number): Promise<void> {
  for (let look = 0; look < 4_000 && count() < wanted; look += 1) await sleep(5);
  assert.ok(count() >= wanted, `${count()} of ${wanted}`);
}

/** The process of the worker that runs now, as soon as its program does. */
async function workerProcess({ localFolder, ec2 }: Ec2Fixture): Promise<number> {
  const known = new Set(ec2.world.instances.all().map(({ machineId }) => machineId));
  for (let look = 0; look < 4_000; look += 1) {
    const running = ec2.world.instances.all().findLast(({ machineId }) => !known.has(machineId));
    if (running !== undefined && running.machineId !== null) {
      const pid = await processNaming(path.join(localFolder, 'workers', running.machineId));
      if (pid !== null) return pid;
    }
    await sleep(5);
  }
  return assert.fail('no worker was launched');
}

/** The one that runs the worker's program in this folder. */
async function processNaming(folder: string): Promise<number | null> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const line = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(folder) && line.includes('worker.js')) return Number(entry);
  }
  return null;
}
