import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Ec2Cloud } from '../../../../src/adapters/aws/ec2/ec2-cloud.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { Region } from '../../../../src/domain/identifiers.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../../../src/domain/identifiers.ts';
import type { Cloud } from '../../../../src/ports/cloud/cloud.ts';
import {
  type Ec2Fixture,
  homeRegion,
  openEc2Fixture,
  otherRegion,
} from '../../../support/aws/ec2/ec2-fixture.ts';
import {
  backUp,
  blockTotals,
  finished,
  type FinishedSession,
  readModes,
  recorded,
} from '../../../support/vault/back-up.ts';
import { noise, writeBlock } from '../../../support/vault/disk-image.ts';
import { makeTestVault, setTestPolicy } from '../../../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../../../support/vault/open-test-vault.ts';
import {
  makeTemporaryFolder,
  type TemporaryFolder,
} from '../../../support/vault/temporary-folder.ts';

/*
 * What a user, or AWS, gives that cannot work. For each: what is said, what is recorded, that nothing is
 * left behind, and that the next backup is incremental against the base of before. Without workers: the
 * engine reads the snapshots itself.
 */
describe('a backup on EC2 (a fake) of', { timeout: 200_000 }, () => {
  let temporary: TemporaryFolder;
  let folder: string;
  let fixture: Ec2Fixture;
  let tagSecret: Uint8Array;
  let instanceId: InstanceId;
  let writes = 0;

  before(async () => {
    temporary = await makeTemporaryFolder();
    folder = await makeTestVault(temporary.path);
    fixture = await openEc2Fixture();
    Object.assign(fixture.ec2.world.timing, { visibleAfterMs: 0, snapshotMs: 0, copyMs: 0 });
    await using vault = await openTestVault(folder);
    tagSecret = await (await vault.dependencies.repository()).deriveTagSecret();
    instanceId = await addInstance();
    await using first = await openOn();
    await setTestPolicy(first, { keep: 1, transport: 'direct' }, instanceId);
    await write();
    const { summary } = await backUp(first.engine, { instanceId });
    assert.equal(summary.status, 'succeeded');
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });
  beforeEach(() => write());
  afterEach(async () => {
    fixture.aws.faults.clear();
    // Whatever went wrong: only the sets that the ledger knows are there, and the base is where it was.
    await using vault = await openOn();
    const session = await backUp(vault.engine, { instanceId });
    assert.deepEqual(session.summary.problems, []);
    assert.deepEqual(readModes(session), ['changed']);
    const left = (await cloudOf(homeRegion).inventory.list([])).items.map(({ kind }) => kind);
    assert.deepEqual(left, ['snapshot'], 'one set, of the session just now');
    assert.deepEqual((await cloudOf(otherRegion).inventory.list([])).items, []);
  });

  const cloudOf = (region: Region): Ec2Cloud => fixture.reopen({ tagSecret, region });
  const openOn = (
    change: (cloud: Ec2Cloud) => Partial<Cloud> = () => ({}),
    region = homeRegion,
  ): Promise<OpenTestVault> => {
    const cloud = cloudOf(region);
    return openTestVault(folder, { decorate: () => ({ cloud: { ...cloud, ...change(cloud) } }) });
  };
  const addInstance = (): Promise<InstanceId> =>
    fixture.addInstance([{ device: '/dev/xvda', sizeGib: 1 }]);
  async function write(): Promise<void> {
    writes += 1;
    const disk = fixture.diskPath(instanceId, '/dev/xvda');
    await writeBlock(disk, writes % 16, noise(`write ${writes}`, blockSizeBytes));
  }
  const refuse = (operation: string, code: string, status = 400, times = 1): void => {
    fixture.aws.faults.arm(operation, { kind: 'error', status, code }, times);
  };
  const assertFailed = (
    session: FinishedSession,
    { step, code, says }: { readonly step: string; readonly code: string; readonly says: RegExp },
  ): void => {
    assert.equal(session.summary.status, 'failed');
    const [detected] = recorded(session, 'FailureDetected');
    assert.deepEqual([detected?.step, detected?.problem.code], [step, code]);
    assert.match(detected?.problem.message ?? '', says);
    const [failed] = recorded(session, 'SessionFailed');
    assert.equal(failed?.problem.code, code);
  };

  it('an instance that does not exist is refused before anything is recorded', async () => {
    await using vault = await openOn();
    const nobody = 'i-0123456789abcdef0' as InstanceId;

    await assert.rejects(
      vault.engine.startBackup({ instanceId: nobody }),
      (error) =>
        hasErrorCode(error, 'UNKNOWN_INSTANCE') &&
        error.message.includes(`there is no instance '${nobody}' in ${homeRegion}`),
    );
    assert.deepEqual(await vault.engine.listSessions({ instanceId: nobody }), []);
  });

  it('an instance of another region says in which it was looked for', async () => {
    await using vault = await openOn(undefined, otherRegion);

    await assert.rejects(
      vault.engine.startBackup({ instanceId }),
      (error) => hasErrorCode(error, 'UNKNOWN_INSTANCE') && error.message.includes(otherRegion),
    );
  });

  it('a volume of which the role may take no snapshot', async () => {
    refuse('CreateSnapshots', 'UnauthorizedOperation', 403);
    await using vault = await openOn();

    const session = await backUp(vault.engine, { instanceId });

    assertFailed(session, {
      step: 'take-snapshots',
      code: 'CLOUD_ACCESS_DENIED',
      says: /CreateSnapshots failed in eu-test-1: UnauthorizedOperation.*\n?.*policy of docs\/aws\.md/s,
    });
    assert.equal(recorded(session, 'SnapshotAbandoned').length, 1);
  });

  it('an account that has as many snapshots as it may have', async () => {
    refuse('CreateSnapshots', 'SnapshotLimitExceeded');
    await using vault = await openOn();

    const session = await backUp(vault.engine, { instanceId });

    assertFailed(session, {
      step: 'take-snapshots',
      code: 'LIMIT_EXCEEDED',
      says: /SnapshotLimitExceeded.*Service Quotas/s,
    });
    assert.equal(fixture.aws.faults.calls('CreateSnapshots') > 0, true);
    assert.equal(recorded(session, 'SnapshotAbandoned').length, 1);
  });

  it('a volume whose key is gone: the snapshot ends in the state error', async () => {
    await using vault = await openOn(({ snapshots }) => ({
      snapshots: {
        ...snapshots,
        createSet: async (...asked) => {
          const made = await snapshots.createSet(...asked);
          for (const { snapshotId } of made) {
            fixture.ec2.world.snapshots.require(snapshotId).failure =
              'Given key ID is not accessible';
          }
          return made;
        },
      },
    }));

    const session = await backUp(vault.engine, { instanceId });

    assertFailed(session, {
      step: 'await-snapshots',
      code: 'SNAPSHOT_FAILED',
      says: /Given key ID is not accessible/,
    });
  });

  it('a snapshot that cannot be read because its key is gone', async () => {
    refuse('GetSnapshotBlock', 'AccessDeniedException', 403, Infinity);
    await using vault = await openOn();

    const session = await backUp(vault.engine, { instanceId });

    assert.equal(session.summary.status, 'failed');
    const [failed] = recorded(session, 'DirectReadFailed');
    assert.match(failed?.problem.message ?? '', /AccessDeniedException/);
    assert.equal(recorded(session, 'RestorePointCommitted').length, 0);
  });

  it('an instance whose base was moved to the archive reads all there is, and says why', async () => {
    const [base] = fixture.ec2.world.snapshots.all();
    assert.ok(base !== undefined);
    base.tier = 'archive';
    await using vault = await openOn();

    const session = await backUp(vault.engine, { instanceId });

    assert.equal(session.summary.status, 'succeeded');
    assert.deepEqual(readModes(session), ['allocated: base-archived']);
    assert.equal(blockTotals(session).stored, 1, 'and stores only what changed');
  });

  it('a role that runs out in the middle stays open, and is brought to its end with new credentials', async () => {
    const expire = (): void => {
      for (const operation of ['DescribeSnapshots', 'DeleteSnapshot', 'DescribeInstances']) {
        refuse(operation, 'RequestExpired', 400, Infinity);
      }
      for (const operation of ['GetSnapshotBlock', 'ListChangedBlocks', 'ListSnapshotBlocks']) {
        refuse(operation, 'ExpiredTokenException', 403, Infinity);
      }
    };
    await using vault = await openOn(({ snapshots }) => ({
      snapshots: {
        ...snapshots,
        createSet: async (...asked) => {
          const made = await snapshots.createSet(...asked);
          expire();
          return made;
        },
      },
    }));

    const running = await vault.engine.startBackup({ instanceId });
    const ended = await running.ended.then(
      ({ status }) => status,
      (error: unknown) => error,
    );

    assert.ok(hasErrorCode(ended, 'CLOUD_ACCESS_DENIED') || ended === 'failed');
    fixture.aws.faults.clear();
    const events =
      ended === 'failed' ? await finished(running) : await resumed(vault, running.sessionId);
    assertFailed(events, {
      step: 'await-snapshots',
      code: 'CLOUD_ACCESS_DENIED',
      says: /RequestExpired.*Check the credentials/s,
    });
  });

  async function resumed(vault: OpenTestVault, sessionId: string): Promise<FinishedSession> {
    await using other = await openOn();
    await vault.engine.close();
    const sessions = await other.engine.resumeInterrupted();
    const one = sessions.find((session) => session.sessionId === sessionId);
    assert.ok(one !== undefined, 'the session was left open');
    return await finished(one);
  }

  describe('an instance that is terminated', () => {
    /** One of its own, which is gone for good afterwards. */
    const terminated = async (when: 'before' | 'after'): Promise<FinishedSession> => {
      const mortal = await addInstance();
      const terminate = (): void => {
        fixture.ec2.world.instances.remove(mortal);
      };
      await using vault = await openOn(({ snapshots }) => ({
        snapshots: {
          ...snapshots,
          createSet: async (...asked) => {
            if (when === 'before') terminate();
            const made = await snapshots.createSet(...asked);
            terminate();
            return made;
          },
        },
      }));
      await setTestPolicy(vault, { keep: 1, transport: 'direct' }, mortal);
      const session = await backUp(vault.engine, { instanceId: mortal });
      const made = await cloudOf(homeRegion).snapshots.listOf(mortal);
      assert.equal(made.length, when === 'before' ? 0 : 1);
      for (const { snapshotId } of made) {
        await cloudOf(homeRegion).snapshots.delete(snapshotId);
      }
      return session;
    };

    it('before its snapshots are taken', async () => {
      assertFailed(await terminated('before'), {
        step: 'take-snapshots',
        code: 'UNKNOWN_INSTANCE',
        says: /there is no instance 'i-\w+' in eu-test-1/,
      });
    });

    it('after that is backed up all the same: the snapshots are enough', async () => {
      const session = await terminated('after');
      assert.equal(session.summary.status, 'succeeded');
      assert.equal(recorded(session, 'RestorePointCommitted').length, 1);
    });
  });

  it('an instance with disks of its host, and a volume that others use, says so and is whole', async () => {
    const { instances, volumes } = fixture.ec2.world;
    const plain = instances.require(instanceId);
    const other = 'i-0123456789abcdef0';
    instances.add({ ...plain, instanceType: 'm6id.large' });
    const volume = volumes.all().find(({ attachment }) => attachment?.instanceId === instanceId);
    assert.ok(volume !== undefined);
    volume.alsoAttachedTo = [other];
    await using vault = await openOn();

    const session = await backUp(vault.engine, { instanceId });

    instances.add(plain);
    volume.alsoAttachedTo = [];
    assert.equal(session.summary.status, 'succeeded');
    const [inspected] = recorded(session, 'InstanceInspected');
    assert.deepEqual(inspected?.notices, [
      {
        kind: 'multi-attach',
        volumeId: volume.id,
        device: '/dev/xvda',
        instanceIds: [other, instanceId].toSorted(),
      },
      { kind: 'instance-store', sizeGb: 118 },
    ]);
  });

  for (const [code, status] of [
    ['UnauthorizedOperation', 403],
    ['InvalidInstanceType', 400],
    ['Unavailable', 503],
  ] as const) {
    it(`an instance of which EC2 does not tell that (${code}) says so, and is backed up`, async () => {
      refuse('DescribeInstanceTypes', code, status, Infinity);
      await using vault = await openOn();

      const session = await backUp(vault.engine, { instanceId });

      assert.equal(session.summary.status, 'succeeded');
      const [inspected] = recorded(session, 'InstanceInspected');
      assert.deepEqual(inspected?.notices, [{ kind: 'instance-store-unknown' }]);
    });
  }

  it('a replica whose key is gone fails late, and only the replica: a warning', async () => {
    const replicas = [
      {
        target: { region: otherRegion, keyId: 'missing', account: null },
        schedules: [],
        retention: { count: 1, age: null, gfs: null },
      },
    ];
    await using vault = await openOn();
    await setTestPolicy(vault, { keep: 1, transport: 'direct', replicas }, instanceId);

    const session = await backUp(vault.engine, { instanceId });

    await setTestPolicy(vault, { keep: 1, transport: 'direct' }, instanceId);
    assert.equal(session.summary.status, 'warning');
    const [failed] = recorded(session, 'ReplicaFailed');
    assert.deepEqual(failed?.copies, 'none');
    assert.match(failed.problem.message, /Given key ID is not accessible/);
    assert.equal(recorded(session, 'RestorePointCommitted').length, 1);
  });
});
