import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Ec2Cloud } from '../../../../src/adapters/aws/ec2/ec2-cloud.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { ReplicaSetId, SessionId, SnapshotSetId } from '../../../../src/domain/identifiers.ts';
import type { AccountRole } from '../../../../src/domain/policy/account-role.ts';
import type { CloudAccount } from '../../../../src/ports/cloud/cloud.ts';
import type { CopyOptions, ReplicaDescription } from '../../../../src/ports/cloud/replicas.ts';
import type { SnapshotDescription } from '../../../../src/ports/cloud/snapshots.ts';
import type { FakeSnapshot } from '../../../support/aws/ec2/ec2-resources.ts';
import {
  type Ec2Fixture,
  fastLimits,
  openEc2Fixture,
  otherAccount,
  otherRegion,
} from '../../../support/aws/ec2/ec2-fixture.ts';
import { eventually } from '../../../support/engine/eventually.ts';

const otherAccountId = '222233334444';

describe('copies of snapshots in another account of AWS (on a fake)', () => {
  let fixture: Ec2Fixture;
  let source: SnapshotDescription;
  const sessionId = systemRandom.uuid() as SessionId;

  beforeEach(async () => {
    fixture = await openEc2Fixture();
    const id = await fixture.addInstance([{ device: '/dev/xvda', sizeGib: 1 }]);
    const { instanceId, volumes, configuration } = await fixture.cloud.instances.describe(id);
    const [snapshot] = await fixture.cloud.snapshots.createSet({
      setId: systemRandom.uuid() as SnapshotSetId,
      owner: { sessionId, instanceId },
      instanceId,
      volumes,
      policyId: null,
      volumeTags: 'leave',
      configuration,
    });
    assert.ok(snapshot !== undefined);
    source = snapshot;
    const { timing } = fixture.ec2.world;
    await sleep(Math.max(timing.visibleAfterMs, timing.snapshotMs) + 10);
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  const there = (
    cloud: Ec2Cloud = fixture.cloud,
    account: AccountRole = otherAccount,
  ): CloudAccount => {
    assert.ok(cloud.inAccount !== null);
    return cloud.inAccount(account);
  };
  const copy = (
    cloud: Ec2Cloud = fixture.cloud,
    { keyId = null, account = otherAccount, ...options }: CopyChoice = {},
  ): Promise<ReplicaDescription> => {
    const request = {
      replicaSetId: systemRandom.uuid() as ReplicaSetId,
      owner: source.owner,
      target: { region: otherRegion, keyId, account },
      sourceSnapshotId: source.snapshotId,
    };
    return there(cloud, account).replicas.copy(request, options);
  };
  const taken = (): FakeSnapshot => {
    const found = fixture.ec2.world.snapshots.find(source.snapshotId);
    assert.ok(found !== undefined);
    return found;
  };
  const copies = (): readonly FakeSnapshot[] =>
    fixture.ec2.world.snapshots.all().filter(({ id }) => id !== source.snapshotId);
  const readers = (): readonly string[] => [...taken().readers.keys()];

  it('are made by that account, which may read the source, and nobody else may', async () => {
    const made = await copy();

    const [one, ...others] = copies();
    assert.deepEqual(others, []);
    assert.equal(one?.ownerId, otherAccountId);
    assert.equal(one.region, otherRegion);
    assert.deepEqual(readers(), [otherAccountId]);
    await sleep(fixture.ec2.world.timing.copyMs + 10);
    const [described] = await there().replicas.describe(otherRegion, [made.snapshotId]);
    assert.equal(described?.state, 'completed');
    assert.deepEqual(described.target, { region: otherRegion, keyId: null, account: otherAccount });
    assert.deepEqual(await fixture.cloud.replicas.find(otherRegion, { sessionId }), []);
  });

  it('wait until what was just shared is seen there', async () => {
    fixture.ec2.world.timing.sharedAfterMs = 200;

    await copy();

    assert.ok(fixture.aws.faults.calls('CopySnapshot') > 1);
    assert.equal(copies().length, 1);
  });

  describe('that are not begun yet end when they are told to,', () => {
    // Waits for ever, as a test does: only the signal ends them.
    const limits = { ...fastLimits, sharedAppearanceMs: Infinity, lostRequestMs: Infinity };
    const stopped = new Error('the session is cancelled');
    const assertEnded = async (): Promise<void> => {
      const stopping = new AbortController();
      const copying = copy(fixture.reopen({ limits }), { signal: stopping.signal });
      const { faults } = fixture.aws;
      await eventually('it is refused', () => Promise.resolve(faults.calls('CopySnapshot') > 1));
      stopping.abort(stopped);
      await assert.rejects(copying, stopped);
      assert.deepEqual(copies(), []);
    };

    it('also while what was just shared is not seen there', { timeout: 20_000 }, async () => {
      fixture.ec2.world.timing.sharedAfterMs = Infinity;
      await assertEnded();
      assert.deepEqual(readers(), [otherAccountId]);
      await there().replicas.releaseSources([source.snapshotId]);
      assert.deepEqual(readers(), []);
    });

    it('also while not every host has the source as completed', { timeout: 20_000 }, async () => {
      const pending = { kind: 'error', status: 400, code: 'IncorrectState' } as const;
      fixture.aws.faults.arm('CopySnapshot', pending, Infinity);
      await assertEnded();
    });
  });

  it('need the source no more once they have ended: then it is shared with nobody, also when asked again', async () => {
    await copy();
    await there().replicas.releaseSources([source.snapshotId]);
    assert.deepEqual(readers(), []);
    await there().replicas.releaseSources([source.snapshotId]);
    fixture.ec2.world.snapshots.remove(source.snapshotId);
    await there().replicas.releaseSources([source.snapshotId]);
  });

  it('share a source that is shared already, and survive that the reply to it is lost', async () => {
    fixture.aws.faults.arm('ModifySnapshotAttribute', { kind: 'reply-lost' });
    await copy();
    await copy();
    assert.deepEqual(readers(), [otherAccountId]);
    assert.equal(copies().length, 2);
  });

  it('of what is encrypted with the default key of EBS are not begun, and the remedy is said', async () => {
    taken().sharing = 'impossible';

    await assert.rejects(copy(), (error) => {
      assert.ok(error instanceof SnapledgerError);
      assert.equal(error.code, 'INVALID_ARGUMENT');
      assert.match(error.message, /aws\/ebs.*cannot be shared with account 222233334444/);
      assert.match(error.remedy ?? '', /key of your own/);
      return true;
    });
    assert.equal(fixture.aws.faults.calls('CopySnapshot'), 0);
    assert.deepEqual(readers(), []);
  });

  it('begin with a key of ours that the account may not use, and fail later', async () => {
    Object.assign(taken(), { keyId: 'arn:aws:kms:eu-test-1:111122223333:key/ours-only' });
    const made = await copy();
    await sleep(fixture.ec2.world.timing.copyMs + 10);

    const [now] = await there().replicas.describe(otherRegion, [made.snapshotId]);

    assert.equal(now?.state, 'error');
    assert.equal(now.stateMessage, 'Given key ID is not accessible');
  });

  it('in the account of the source itself are made by the role, and nothing is shared', async () => {
    const own = { roleArn: 'arn:aws:iam::111122223333:role/own', externalId: null };
    fixture.sts.roles.push({ ...own, trusts: '111122223333' });

    await copy(fixture.cloud, { account: own });

    assert.equal(copies()[0]?.ownerId, '111122223333');
    const { items } = await fixture.reopen().inventory.list([own]);
    assert.ok(items.some(({ kind }) => kind === 'snapshot'));
    assert.ok(items.every(({ kind }) => kind !== 'shared'));
    await there(fixture.cloud, own).replicas.releaseSources([source.snapshotId]);
    assert.equal(fixture.aws.faults.calls('ModifySnapshotAttribute'), 0);
  });

  it('say which role was refused, and what to see to; the external id is not in it', async () => {
    for (const role of fixture.sts.roles) role.externalId = 'another one';

    await assert.rejects(copy(), (error) => {
      assert.ok(error instanceof SnapledgerError);
      assert.equal(error.code, 'CLOUD_ACCESS_DENIED');
      assert.match(error.message, /the role arn:aws:iam::222233334444:role\/snapledger-copies/);
      assert.match(error.remedy ?? '', /trusts whoever runs this engine/);
      assert.doesNotMatch(`${error.message} ${error.remedy ?? ''}`, /of-the-fixture/);
      return true;
    });
    assert.equal(copies().length, 0);
  });

  it('say so where it is the credentials of the engine that are refused', async () => {
    const expired = { kind: 'error', status: 403, code: 'ExpiredToken' } as const;
    fixture.aws.faults.arm('AssumeRole', expired);

    await assert.rejects(copy(), (error) => {
      assert.ok(error instanceof SnapledgerError);
      assert.equal(error.code, 'CLOUD_ACCESS_DENIED');
      assert.match(error.message, /cannot be taken on .*ExpiredToken/);
      assert.match(error.remedy ?? '', /credentials of the engine itself are refused/);
      return true;
    });
  });

  it('take the role on once, name themselves there, and go on when its session ends in the middle', async () => {
    const made = await copy();
    await copy();
    assert.equal(fixture.sts.sessions.length, 1);
    assert.equal(fixture.sts.sessions[0]?.name, 'snapledger');

    fixture.sts.endSessions();
    const found = await there().replicas.describe(otherRegion, [made.snapshotId]);

    assert.equal(found.length, 1);
    assert.equal(fixture.sts.sessions.length, 2);
  });

  it('take the role on anew before its session ends', async () => {
    fixture.sts.sessionMs = 5 * 60_000;
    await copy();
    await copy();
    assert.ok(fixture.sts.sessions.length > 1);
    assert.equal(copies().length, 2);
  });

  it('tell that sessions of the role end at once, and that it can be tried again', async () => {
    fixture.sts.sessionMs = -1;

    await assert.rejects(there().replicas.find(otherRegion, { sessionId }), (error) => {
      assert.ok(error instanceof SnapledgerError);
      assert.match(error.message, /eu-other-2 of account 222233334444: RequestExpired/);
      assert.match(error.remedy ?? '', /clock of this machine/);
      assert.equal(error.retry, 'retryable');
      return true;
    });
  });

  it('ask STS again when it is busy or does not answer', async () => {
    const busy = { kind: 'error', status: 400, code: 'Throttling' } as const;
    fixture.aws.faults.arm('AssumeRole', busy);
    fixture.aws.faults.arm('AssumeRole', { kind: 'cut-before' });

    await copy();

    assert.equal(fixture.aws.faults.calls('AssumeRole'), 3);
  });

  it('are removed by the role', async () => {
    const made = await copy();
    await sleep(fixture.ec2.world.timing.visibleAfterMs + 10);
    await there().replicas.delete(otherRegion, made.snapshotId);
    assert.deepEqual(copies(), []);
  });

  it('run at most so many at once in each account and region, and hold up none elsewhere', async () => {
    const cloud = fixture.reopen({ limits: { ...fastLimits, copiesAtOnceMax: 1 } });
    fixture.ec2.world.timing.copyMs = 1_500;
    const first = await copy(cloud);
    const endsAtMs = fixture.ec2.world.snapshots.find(first.snapshotId)?.completesAtMs ?? 0;
    await cloud.replicas.copy({
      replicaSetId: systemRandom.uuid() as ReplicaSetId,
      owner: source.owner,
      target: { region: otherRegion, keyId: null, account: null },
      sourceSnapshotId: source.snapshotId,
    });
    assert.ok(Date.now() < endsAtMs, 'the other account waits for nobody');
    await copy(cloud);
    assert.ok(Date.now() >= endsAtMs, 'the second one there waits for the first');
  });

  it('are found with all that they tell when the first account is lost, and not by tags copied to another', async () => {
    await copy();
    const { world } = fixture.ec2;
    world.snapshots.remove(source.snapshotId);
    await sleep(world.timing.copyMs + 10);
    const lookThere = fixture.reopen({ region: otherRegion, account: otherAccount });

    const { items, untrusted } = await lookThere.inventory.list([]);

    assert.deepEqual(untrusted, []);
    const [item] = items;
    assert.ok(item?.kind === 'replica');
    assert.equal(item.source.volumes[0]?.volumeId, source.volumeId);

    const [original] = copies();
    assert.ok(original !== undefined);
    world.snapshots.remove(original.id);
    world.snapshots.add({ ...original, ownerId: '111122223333' });
    const home = await fixture.reopen({ region: otherRegion }).inventory.list([]);
    assert.deepEqual(home.items, []);
    assert.match(home.untrusted[0]?.reason ?? '', /of a copy in account 222233334444/);
  });

  it('of which a crash has left the source shared are seen by an inventory that asks for the account', async () => {
    await copy();

    const { items } = await fixture.reopen().inventory.list([otherAccount]);

    assert.deepEqual(
      items.flatMap((item) =>
        item.kind === 'shared' ? [[item.snapshot.snapshotId, item.account]] : [],
      ),
      [[source.snapshotId, otherAccount]],
    );
    await there().replicas.releaseSources([source.snapshotId]);
    const after = await fixture.reopen().inventory.list([otherAccount]);
    assert.ok(after.items.every(({ kind }) => kind !== 'shared'));
  });
});

interface CopyChoice extends CopyOptions {
  readonly keyId?: string | null;
  readonly account?: AccountRole;
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
