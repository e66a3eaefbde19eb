import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { tagNamePrefix } from '../../../../src/adapters/aws/tags/tag-name.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId, SnapshotSetId } from '../../../../src/domain/identifiers.ts';
import type { SnapshotDescription } from '../../../../src/ports/cloud/snapshots.ts';
import { type Ec2Fixture, openEc2Fixture } from '../../../support/aws/ec2/ec2-fixture.ts';
import type { Ec2Tag } from '../../../support/aws/ec2/ec2-resources.ts';

describe('snapshots of volumes that have tags', () => {
  let fixture: Ec2Fixture;

  beforeEach(async () => {
    fixture = await openEc2Fixture();
    // Nobody waits here for listings.
    fixture.ec2.world.timing.visibleAfterMs = 0;
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  const take = async (
    tagsOfVolumes: readonly (readonly Ec2Tag[])[],
    volumeTags: 'copy' | 'leave',
  ): Promise<readonly SnapshotDescription[]> => {
    const disks = tagsOfVolumes.map((tags, index) => ({
      device: `/dev/sd${'fghi'.charAt(index)}`,
      sizeGib: 1,
      tags,
    }));
    const instanceId: InstanceId = await fixture.addInstance(disks);
    const { volumes } = await fixture.cloud.instances.describe(instanceId);
    return await fixture.cloud.snapshots.createSet({
      setId: systemRandom.uuid() as SnapshotSetId,
      owner: { sessionId: systemRandom.uuid() as SessionId, instanceId },
      instanceId,
      volumes,
      policyId: null,
      volumeTags,
      configuration: {},
    });
  };
  const tagsOn = ({ snapshotId }: SnapshotDescription): readonly Ec2Tag[] =>
    fixture.ec2.world.snapshots.require(snapshotId).tags;
  const ofUser = (snapshot: SnapshotDescription): readonly Ec2Tag[] =>
    tagsOn(snapshot).filter(({ Key }) => !Key.startsWith(tagNamePrefix));
  const many = (count: number): readonly Ec2Tag[] =>
    Array.from({ length: count }, (_, index) => ({ Key: `key ${index}`, Value: 'v' }));

  const name = { Key: 'Name', Value: 'root of web 1' };
  const cost = { Key: 'cost:centre', Value: '42' };

  it('have those of their own volume, where the policy says so, and are trusted as ever', async () => {
    const made = await take([[name], [cost, name], []], 'copy');

    const byDevice = made.toSorted((a, b) => (a.device < b.device ? -1 : 1));
    assert.deepEqual(byDevice.map(ofUser), [[name], [cost, name], []]);
    const sessionId = made[0]?.owner.sessionId;
    assert.ok(sessionId !== undefined);
    assert.equal((await fixture.reopen().snapshots.find({ sessionId })).length, 3);
    assert.deepEqual(fixture.untrusted, []);
  });

  it('have none of them where it does not', async () => {
    const made = await take([[name, cost]], 'leave');
    assert.deepEqual(made.map(ofUser), [[]]);
  });

  it('have as many as EC2 takes on one resource, and are refused before one more', async () => {
    const [bare] = await take([[]], 'copy');
    assert.ok(bare !== undefined);
    const ours = tagsOn(bare).length;

    const [full] = await take([many(50 - ours)], 'copy');
    assert.ok(full !== undefined);
    assert.equal(tagsOn(full).length, 50);

    const calls = fixture.aws.faults.calls('CreateSnapshots');
    await assert.rejects(take([[name], many(51 - ours)], 'copy'), (error) => {
      assert.ok(hasErrorCode(error, 'LIMIT_EXCEEDED'));
      const numbers = `has ${51 - ours} tags, and ${ours} of snapledger come with its snapshot: EC2 takes 50`;
      assert.ok(error.message.includes(numbers), error.message);
      assert.match(error.message, /^volume vol-\w+ \(\/dev\/sdg\)/);
      return true;
    });
    assert.equal(fixture.aws.faults.calls('CreateSnapshots'), calls, 'nothing was asked for');
  });

  it('do without those of AWS itself, which do not count', async () => {
    const [bare] = await take([[]], 'copy');
    assert.ok(bare !== undefined);
    const ofAws = { Key: 'aws:cloudformation:stack-name', Value: 'stack' };
    const [made] = await take([[...many(50 - tagsOn(bare).length), ofAws]], 'copy');
    assert.ok(made !== undefined);
    assert.ok(!tagsOn(made).some(({ Key }) => Key.startsWith('aws:')));
  });

  it('are refused for a volume that carries tags of snapledger, as one that was restored does', async () => {
    const [restored] = await take([[]], 'leave');
    assert.ok(restored !== undefined);

    await assert.rejects(
      take([tagsOn(restored)], 'copy'),
      (error) => hasErrorCode(error, 'INVALID_ARGUMENT') && error.message.includes('was restored'),
    );
    const [again] = await take([tagsOn(restored)], 'leave');
    assert.ok(again !== undefined);
  });
});
