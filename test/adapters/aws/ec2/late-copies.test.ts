import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ReplicaPolicy } from '../../../../src/domain/policy/backup-policy.ts';
import type { ReconcileMode } from '../../../../src/engine/engine.ts';
import {
  type CloudChange,
  type Ec2Backups,
  openEc2Backups,
} from '../../../support/aws/ec2/ec2-backups.ts';
import { otherRegion } from '../../../support/aws/ec2/ec2-fixture.ts';
import { recorded } from '../../../support/vault/back-up.ts';

const replicas: readonly ReplicaPolicy[] = [
  {
    target: { region: otherRegion, keyId: null, account: null },
    schedules: [],
    retention: { count: 1, age: null, gfs: null },
  },
];

/*
 * EC2 copies, its replies are lost, and its listings do not show the copies before the session that asked for them
 * has ended.
 */
describe(
  'copies on EC2 (a fake) that appear when their session has ended',
  { timeout: 120_000 },
  () => {
    let backups: Ec2Backups;

    before(async () => {
      backups = await openEc2Backups('direct');
      await backups.setPolicyOf(backups.instanceId, { replicas });
    });
    after(() => backups[Symbol.asyncDispose]());

    const reconciled = async (mode: ReconcileMode): Promise<readonly string[]> => {
      await using vault = await backups.open();
      const { items } = await vault.engine.reconcile(
        { ...backups.cloudOf(otherRegion), account: null },
        mode,
      );
      for (const { problem } of items) assert.equal(problem, null);
      return items.map(
        ({ item, decision }) => `${item.kind}: ${decision.action}, ${decision.reason}`,
      );
    };
    const copies = (): readonly { readonly id: string }[] =>
      backups.fixture.ec2.world.snapshots.all().filter(({ region }) => region === otherRegion);
    const recordedReplicas = async (): Promise<readonly string[]> => {
      await using vault = await backups.open();
      const { history } = await vault.engine.describeItems(backups.instanceId);
      return history.replicas.flatMap(({ snapshots }) =>
        snapshots.map(({ snapshotId }) => snapshotId),
      );
    };
    const listingLate: CloudChange = (cloud) => ({
      replicas: {
        ...cloud.replicas,
        copy: async (...asked) => {
          const { timing } = backups.fixture.ec2.world;
          timing.visibleAfterMs = Infinity;
          try {
            return await cloud.replicas.copy(...asked);
          } finally {
            timing.visibleAfterMs = 0;
          }
        },
      },
    });

    it('were given up with a warning', async () => {
      const { aws } = backups.fixture;
      aws.faults.arm('CopySnapshot', { kind: 'reply-lost' }, Infinity);

      const session = await backups.run(listingLate);

      aws.faults.clear();
      assert.equal(session.summary.status, 'warning');
      const [failed] = recorded(session, 'ReplicaFailed');
      assert.deepEqual([failed?.problem.code, failed?.copies], ['CLOUD_UNAVAILABLE', 'none']);
      assert.equal(copies().length, 2, 'each try has made one');
      assert.deepEqual(await reconciled('remove'), [], 'none is listed');
    });

    it('are adopted, one of each snapshot, and the other one goes with the next look', async () => {
      for (const copy of copies()) Object.assign(copy, { visibleAtMs: 0 });

      assert.deepEqual((await reconciled('plan')).toSorted(), [
        'replica: adopt, given-up',
        'replica: keep, spare',
      ]);
      assert.deepEqual((await reconciled('remove')).toSorted(), [
        'replica: adopt, given-up',
        'replica: keep, spare',
      ]);
      assert.deepEqual((await reconciled('remove')).toSorted(), [
        'replica: keep, recorded',
        'replica: remove, not-recorded',
      ]);
      assert.deepEqual(await reconciled('remove'), ['replica: keep, recorded']);
      assert.deepEqual(
        await recordedReplicas(),
        copies().map(({ id }) => id),
      );
    });

    it('leave by the rules of their policy when there is a newer one', async () => {
      const adopted = await recordedReplicas();
      await backups.write();

      const session = await backups.run();

      assert.deepEqual(session.summary.problems, []);
      assert.equal(copies().length, 1);
      assert.notDeepEqual(await recordedReplicas(), adopted);
    });
  },
);
