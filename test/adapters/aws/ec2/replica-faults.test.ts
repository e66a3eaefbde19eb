import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { ReplicaSetId, SessionId, SnapshotSetId } from '../../../../src/domain/identifiers.ts';
import type { Ec2Cloud } from '../../../../src/adapters/aws/ec2/ec2-cloud.ts';
import type { ReplicaDescription } from '../../../../src/ports/cloud/replicas.ts';
import type { SnapshotDescription } from '../../../../src/ports/cloud/snapshots.ts';
import {
  type Ec2Fixture,
  fastLimits,
  openEc2Fixture,
  otherRegion,
} from '../../../support/aws/ec2/ec2-fixture.ts';

describe('copies of snapshots in another region of EC2', () => {
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

  const copy = (
    cloud: Ec2Cloud,
    options: { readonly keyId?: string; readonly signal?: AbortSignal } = {},
  ): Promise<ReplicaDescription> => {
    const { keyId = null, ...rest } = options;
    return cloud.replicas.copy(
      {
        replicaSetId: systemRandom.uuid() as ReplicaSetId,
        owner: source.owner,
        target: { region: otherRegion, keyId, account: null },
        sourceSnapshotId: source.snapshotId,
      },
      rest,
    );
  };
  const copies = (): number => fixture.ec2.world.snapshots.all().length - 1;

  it('are found when the reply was lost, and not made twice', async () => {
    fixture.aws.faults.arm('CopySnapshot', { kind: 'reply-lost' });

    const made = await copy(fixture.cloud);

    assert.equal(copies(), 1);
    assert.equal(fixture.aws.faults.calls('CopySnapshot'), 1);
    assert.ok(fixture.ec2.world.snapshots.find(made.snapshotId));
  });

  it('begin also when not every host of EC2 has their source as completed yet', async () => {
    fixture.ec2.world.timing.agreedAfterMs = 150;

    await copy(fixture.cloud);

    assert.equal(copies(), 1);
    assert.ok(fixture.aws.faults.calls('CopySnapshot') > 1, 'it was refused at first');
  });

  it('are removed also when EC2 does not know them yet', async () => {
    fixture.ec2.world.timing.visibleAfterMs = 400;
    const made = await copy(fixture.cloud);

    await fixture.cloud.replicas.delete(otherRegion, made.snapshotId);

    assert.equal(copies(), 0);
  });

  it('are removed also when a listing showed them, another process made them, and EC2 does not find them', async () => {
    const made = await copy(fixture.cloud);
    await sleep(fixture.ec2.world.timing.visibleAfterMs + 10);
    const { replicas } = fixture.reopen();
    await replicas.find(otherRegion, { sessionId });
    const fault = { kind: 'error', status: 400, code: 'InvalidSnapshot.NotFound' } as const;
    fixture.aws.faults.arm('DeleteSnapshot', fault, 2);

    await replicas.delete(otherRegion, made.snapshotId);

    assert.equal(copies(), 0);
    assert.equal(fixture.aws.faults.calls('DeleteSnapshot'), 3);
  });

  it('with a key that is wrong begin, and fail later', async () => {
    const made = await copy(fixture.cloud, { keyId: 'alias/missing' });
    assert.equal(made.state, 'pending');
    await sleep(fixture.ec2.world.timing.copyMs + 10);

    const [now] = await fixture.cloud.replicas.describe(otherRegion, [made.snapshotId]);

    assert.equal(now?.state, 'error');
    assert.equal(now.stateMessage, 'Given key ID is not accessible');
    assert.deepEqual(now.target, { region: otherRegion, keyId: 'alias/missing', account: null });
  });

  it('tell everything of their source, also when its region is lost', async () => {
    await copy(fixture.cloud);
    fixture.ec2.world.snapshots.remove(source.snapshotId);
    await sleep(fixture.ec2.world.timing.visibleAfterMs + 10);

    const [found] = await fixture.reopen().replicas.find(otherRegion, { sessionId });

    assert.equal(found?.device, source.device);
    assert.equal(found.volumeId, source.volumeId);
    assert.equal(found.sizeBytes, source.sizeBytes);
  });

  it('run at most so many at once, and begin in the order in which they were asked for', async () => {
    const cloud = fixture.reopen({ limits: { ...fastLimits, copiesAtOnceMax: 2 } });
    fixture.ec2.world.timing.copyMs = 2_000;
    const order: number[] = [];
    let pendingMax = 0;
    const watch = setInterval(() => {
      const now = Date.now();
      const pending = fixture.ec2.world.snapshots.all().filter((one) => one.completesAtMs > now);
      pendingMax = Math.max(pendingMax, pending.length);
    }, 5);

    await Promise.all(
      [0, 1, 2, 3, 4].map(async (number) => {
        await copy(cloud);
        order.push(number);
      }),
    );
    clearInterval(watch);

    assert.deepEqual(order, [0, 1, 2, 3, 4]);
    assert.equal(pendingMax, 2);
  });

  it('wait when EC2 has no room because of others', async () => {
    const fault = { kind: 'error', status: 400, code: 'ResourceLimitExceeded' } as const;
    fixture.aws.faults.arm('CopySnapshot', fault, 3);

    await copy(fixture.cloud);

    assert.equal(fixture.aws.faults.calls('CopySnapshot'), 4);
    assert.equal(copies(), 1);
  });

  it('end their wait when that is asked for, and hold up nobody', async () => {
    const cloud = fixture.reopen({ limits: { ...fastLimits, copiesAtOnceMax: 1 } });
    fixture.ec2.world.timing.copyMs = 300;
    const stop = new AbortController();
    await copy(cloud);
    const [second, third, fourth] = [
      copy(cloud, { signal: stop.signal }),
      copy(cloud, { signal: stop.signal }),
      copy(cloud),
    ];

    stop.abort(new RangeError('enough'));

    await assert.rejects(second, RangeError);
    await assert.rejects(third, RangeError);
    await fourth;
    assert.equal(copies(), 2);
  });

  it('give up their turn after a limit', async () => {
    const cloud = fixture.reopen({ limits: { ...fastLimits, copyTurnMs: 100 } });
    const fault = { kind: 'error', status: 400, code: 'ResourceLimitExceeded' } as const;
    fixture.aws.faults.arm('CopySnapshot', fault, Infinity);

    await assert.rejects(copy(cloud), (error) => hasErrorCode(error, 'TIMED_OUT'));
    assert.equal(copies(), 0);
  });
});

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
