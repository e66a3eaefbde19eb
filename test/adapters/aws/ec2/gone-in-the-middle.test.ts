import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import { assertFailed, describeByTransport } from '../../../support/aws/ec2/by-transport.ts';
import {
  afterSnapshots,
  afterVolume,
  beforeSnapshots,
  type CloudChange,
} from '../../../support/aws/ec2/ec2-backups.ts';
import { homeRegion, otherRegion } from '../../../support/aws/ec2/ec2-fixture.ts';
import {
  backUp,
  blockTotals,
  finished,
  type FinishedSession,
  readModes,
  recorded,
} from '../../../support/vault/back-up.ts';

const ofEc2 = [
  'DescribeSnapshots',
  'DescribeInstances',
  'DescribeVolumes',
  'DeleteSnapshot',
  'RunInstances',
  'TerminateInstances',
  'CreateVolume',
  'AttachVolume',
  'DetachVolume',
  'DeleteVolume',
];
const ofEbs = ['GetSnapshotBlock', 'ListChangedBlocks', 'ListSnapshotBlocks'];

/* What was there when a backup was asked for, and goes away: keys, credentials, the instance itself. */
describeByTransport('a backup of', (backups, transport) => {
  const refuse = (operation: string, code: string, status = 400): void => {
    const { faults } = backups().fixture.aws;
    faults.arm(operation, { kind: 'error', status, code }, Infinity);
  };

  it('a volume whose key is gone: the snapshot ends in the state error', async () => {
    const { snapshots } = backups().fixture.ec2.world;
    const session = await backups().run(
      afterSnapshots((made) => {
        for (const { snapshotId } of made) {
          snapshots.require(snapshotId).failure = 'Given key ID is not accessible';
        }
      }),
    );

    assertFailed(session, {
      step: 'await-snapshots',
      code: 'SNAPSHOT_FAILED',
      says: /Given key ID is not accessible/,
    });
  });

  it('a snapshot that cannot be read because its key is gone', async () => {
    // Who reads by EBS direct is refused. A volume is asked for with success, and comes to nothing.
    refuse('GetSnapshotBlock', 'AccessDeniedException', 403);
    const { volumes } = backups().fixture.ec2.world;
    const session = await backups().run(
      afterVolume(({ volumeId }) => {
        volumes.require(volumeId).hasFailed = true;
      }),
    );

    assert.equal(session.summary.status, 'failed');
    const [failed] = recorded(session, 'SessionFailed');
    const says =
      transport === 'direct' ? /AccessDeniedException/ : /ended in the state error.*key/s;
    assert.match(failed?.problem.message ?? '', says);
    assert.equal(recorded(session, 'RestorePointCommitted').length, 0);
  });

  it('a replica whose key is gone fails late, and only the replica: a warning', async () => {
    const { instanceId } = backups();
    const target = { region: otherRegion, keyId: 'missing', account: null };
    const retention = { count: 1, age: null, gfs: null };
    await backups().setPolicyOf(instanceId, { replicas: [{ target, schedules: [], retention }] });

    const session = await backups().run();

    await backups().setPolicyOf(instanceId);
    assert.equal(session.summary.status, 'warning');
    const [failed] = recorded(session, 'ReplicaFailed');
    assert.deepEqual(failed?.copies, 'none');
    assert.match(failed.problem.message, /Given key ID is not accessible/);
    assert.equal(recorded(session, 'RestorePointCommitted').length, 1);
  });

  it('an instance whose base was moved to the archive reads all there is, and says why', async () => {
    const [base] = backups().fixture.ec2.world.snapshots.all();
    assert.ok(base !== undefined);
    base.tier = 'archive';

    const session = await backups().run();

    assert.equal(session.summary.status, 'succeeded');
    assert.deepEqual(readModes(session), ['allocated: base-archived']);
    assert.equal(blockTotals(session).stored, 1, 'and stores only what changed');
  });

  describe('an instance in the middle of whose backup the role runs out', () => {
    const expire = (): void => {
      for (const operation of ofEc2) refuse(operation, 'RequestExpired');
      for (const operation of ofEbs) refuse(operation, 'ExpiredTokenException', 403);
    };
    /** What the session comes to with new credentials, when it was left open without. */
    const ended = async (change: CloudChange): Promise<FinishedSession> => {
      const { fixture, instanceId } = backups();
      await using vault = await backups().open({ change });
      const running = await vault.engine.startBackup({ instanceId });
      const end = await running.ended.then(
        ({ status }) => status,
        (error: unknown) => error,
      );
      fixture.aws.faults.clear();
      if (end === 'failed') return await finished(running);
      assert.ok(hasErrorCode(end, 'CLOUD_ACCESS_DENIED'), String(end));
      await vault.engine.close();
      await using other = await backups().open();
      const sessions = await other.engine.resumeInterrupted();
      const one = sessions.find(({ sessionId }) => sessionId === running.sessionId);
      assert.ok(one !== undefined, 'the session was left open');
      return await finished(one);
    };
    const refused = {
      code: 'CLOUD_ACCESS_DENIED',
      says: /RequestExpired.*Check the credentials/s,
    } as const;

    it('after its snapshots are asked for', async () => {
      const session = await ended(afterSnapshots(expire));
      assertFailed(session, { step: 'await-snapshots', ...refused });
    });

    it('when the volumes of its worker are made', { skip: transport === 'direct' }, async () => {
      const session = await ended(afterVolume(expire));
      assertFailed(session, { step: 'attach-volumes', ...refused });
    });
  });

  describe('an instance that is terminated', () => {
    /** One of its own, which is gone for good afterwards. */
    const terminated = async (when: 'before' | 'after'): Promise<FinishedSession> => {
      const { world } = backups().fixture.ec2;
      const mortal = await backups().addInstance();
      await backups().setPolicyOf(mortal);
      const terminate = (): void => {
        world.instances.remove(mortal);
      };
      const change = when === 'before' ? beforeSnapshots(terminate) : afterSnapshots(terminate);
      await using vault = await backups().open({ change });
      const session = await backUp(vault.engine, { instanceId: mortal });
      const { snapshots } = backups().cloudOf(homeRegion);
      const made = await snapshots.listOf(mortal);
      assert.equal(made.length, when === 'before' ? 0 : 1);
      for (const { snapshotId } of made) await snapshots.delete(snapshotId);
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
});
