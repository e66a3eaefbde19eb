import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeByTransport } from '../../../support/aws/ec2/by-transport.ts';
import { recorded } from '../../../support/vault/back-up.ts';

/* What of an instance no snapshot holds, or no snapshot of one instance does. */
describeByTransport('a backup of an instance', (backups) => {
  it('with disks of its host, and a volume that others use, says so and is whole', async () => {
    const { fixture, instanceId } = backups();
    const { instances, volumes } = fixture.ec2.world;
    const plain = instances.require(instanceId);
    const other = 'i-0123456789abcdef0';
    instances.add({ ...plain, instanceType: 'm6id.large' });
    const volume = volumes.all().find(({ attachment }) => attachment?.instanceId === instanceId);
    assert.ok(volume !== undefined);
    volume.alsoAttachedTo = [other];

    const session = await backups().run();

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
    it(`of which EC2 does not tell that (${code}) says so, and is backed up`, async () => {
      const { faults } = backups().fixture.aws;
      faults.arm('DescribeInstanceTypes', { kind: 'error', status, code }, Infinity);

      const session = await backups().run();

      assert.equal(session.summary.status, 'succeeded');
      const [inspected] = recorded(session, 'InstanceInspected');
      assert.deepEqual(inspected?.notices, [{ kind: 'instance-store-unknown' }]);
    });
  }
});
