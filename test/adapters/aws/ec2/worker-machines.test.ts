import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../../../src/domain/identifiers.ts';
import { usualMachine, type WorkerMachine } from '../../../../src/domain/policy/worker-policy.ts';
import type { WorkerDescription } from '../../../../src/ports/cloud/workers.ts';
import { type Ec2Fixture, openEc2Fixture } from '../../../support/aws/ec2/ec2-fixture.ts';
import { isSpot, reclaimSpot } from '../../../support/aws/ec2/reclaim-spot.ts';

const spot: WorkerMachine = { instanceType: null, market: 'spot' };

describe('what a worker runs on', () => {
  let fixture: Ec2Fixture;

  beforeEach(async () => {
    fixture = await openEc2Fixture();
    fixture.ec2.world.timing.visibleAfterMs = 0;
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  const launch = (machine: WorkerMachine): Promise<WorkerDescription> =>
    fixture.cloud.workers.launch({
      owner: { sessionId: systemRandom.uuid() as SessionId, instanceId: 'any' as InstanceId },
      clientToken: systemRandom.uuid(),
      userData: Buffer.from('wait'),
      machine,
    });
  const refuse = (code: string, status: number, times = 1): void => {
    fixture.aws.faults.arm('RunInstances', { kind: 'error', status, code }, times);
  };

  it('is of the type that the vault names, or of that which the policy names', async () => {
    const usual = await launch(usualMachine);
    const named = await launch({ ...usualMachine, instanceType: 'c7g.8xlarge' });

    const { instances } = fixture.ec2.world;
    assert.equal(instances.require(usual.workerId).instanceType, 'c7g.large');
    assert.equal(instances.require(named.workerId).instanceType, 'c7g.8xlarge');
    assert.ok(instances.all().every((one) => !isSpot(one)));
  });

  it('can be a spot instance, which is gone for good once it is reclaimed', async () => {
    const { workerId } = await launch(spot);

    const { request } = fixture.ec2.world.instances.require(workerId);
    assert.deepEqual(request['InstanceMarketOptions'], {
      MarketType: 'spot',
      SpotOptions: { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' },
    });
  });

  for (const [code, status] of [
    ['InsufficientInstanceCapacity', 500],
    ['InsufficientVolumeCapacity', 500],
    ['ResourceLimitExceeded', 400],
    ['MaxSpotInstanceCountExceeded', 400],
    ['SpotMaxPriceTooLow', 400],
    ['Unsupported', 400],
  ] as const) {
    it(`is no spot instance when EC2 says ${code}: nobody waits for one`, async () => {
      refuse(code, status);

      await assert.rejects(
        launch(spot),
        (error) => hasErrorCode(error, 'SPOT_REFUSED') && error.message.includes(code),
      );
      assert.equal(fixture.aws.faults.calls('RunInstances'), 1);
      assert.deepEqual(fixture.ec2.world.instances.all(), []);
    });
  }

  it('is waited for when it is on demand and there is no capacity at the moment', async () => {
    refuse('InsufficientInstanceCapacity', 500, 2);

    await launch(usualMachine);

    assert.equal(fixture.aws.faults.calls('RunInstances'), 3);
  });

  it('is no reason to go on without permission: that is told as it is', async () => {
    refuse('UnauthorizedOperation', 403);
    await assert.rejects(launch(spot), (error) => hasErrorCode(error, 'CLOUD_ACCESS_DENIED'));
  });

  it('can be reclaimed, and then the description says that it was', async () => {
    const { workerId } = await launch(spot);
    await reclaimSpot(fixture.ec2.world, fixture.ec2.world.instances.require(workerId));

    const worker = await fixture.cloud.workers.describe(workerId);

    assert.equal(worker?.state, 'gone');
    assert.match(worker.stateMessage, /has reclaimed the spot instance/);
  });
});
