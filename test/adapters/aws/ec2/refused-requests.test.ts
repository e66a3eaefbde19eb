import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  assertFailed,
  describeByTransport,
  type Failure,
} from '../../../support/aws/ec2/by-transport.ts';
import { recorded } from '../../../support/vault/back-up.ts';

interface Refusal extends Failure {
  readonly name: string;
  readonly only?: 'worker';
  readonly operation: string;
  readonly awsCode: string;
  readonly status?: number;
}

const refusals: readonly Refusal[] = [
  {
    name: 'a volume of which the role may take no snapshot',
    operation: 'CreateSnapshots',
    awsCode: 'UnauthorizedOperation',
    status: 403,
    step: 'take-snapshots',
    code: 'CLOUD_ACCESS_DENIED',
    says: /CreateSnapshots failed in eu-test-1: UnauthorizedOperation.*policy of docs\/aws\.md/s,
  },
  {
    name: 'an account that has as many snapshots as it may have',
    operation: 'CreateSnapshots',
    awsCode: 'SnapshotLimitExceeded',
    step: 'take-snapshots',
    code: 'LIMIT_EXCEEDED',
    says: /SnapshotLimitExceeded.*Service Quotas/s,
  },
  {
    name: 'an account whose role may launch no worker',
    only: 'worker',
    operation: 'RunInstances',
    awsCode: 'UnauthorizedOperation',
    status: 403,
    step: 'launch-worker',
    code: 'CLOUD_ACCESS_DENIED',
    says: /RunInstances failed in eu-test-1: UnauthorizedOperation.*policy of docs\/aws\.md/s,
  },
  {
    name: 'an account that has as many instances as it may have',
    only: 'worker',
    operation: 'RunInstances',
    awsCode: 'VcpuLimitExceeded',
    step: 'launch-worker',
    code: 'LIMIT_EXCEEDED',
    says: /VcpuLimitExceeded.*Service Quotas/s,
  },
  {
    name: 'a snapshot of which the role may make no volume',
    only: 'worker',
    operation: 'CreateVolume',
    awsCode: 'UnauthorizedOperation',
    status: 403,
    step: 'attach-volumes',
    code: 'CLOUD_ACCESS_DENIED',
    says: /CreateVolume failed in eu-test-1: UnauthorizedOperation.*policy of docs\/aws\.md/s,
  },
  {
    name: 'an account that has as much of volumes as it may have',
    only: 'worker',
    operation: 'CreateVolume',
    awsCode: 'VolumeLimitExceeded',
    step: 'attach-volumes',
    code: 'LIMIT_EXCEEDED',
    says: /VolumeLimitExceeded.*Service Quotas/s,
  },
  {
    name: 'a volume that the role may attach to nothing',
    only: 'worker',
    operation: 'AttachVolume',
    awsCode: 'UnauthorizedOperation',
    status: 403,
    step: 'attach-volumes',
    code: 'CLOUD_ACCESS_DENIED',
    says: /AttachVolume failed in eu-test-1: UnauthorizedOperation.*policy of docs\/aws\.md/s,
  },
];

/* What EC2 refuses for good: what the role may not do, and what an account has no more of. */
describeByTransport('a backup of', (backups, transport) => {
  for (const { name, only, operation, awsCode, status = 400, ...failure } of refusals) {
    if (only !== undefined && only !== transport) continue;
    it(name, async () => {
      const { faults } = backups().fixture.aws;
      faults.arm(operation, { kind: 'error', status, code: awsCode }, Infinity);

      const session = await backups().run();

      assertFailed(session, failure);
      const isOfSet = failure.step === 'take-snapshots';
      assert.equal(recorded(session, 'SnapshotAbandoned').length, isOfSet ? 1 : 0);
      assert.equal(recorded(session, 'RestorePointCommitted').length, 0);
    });
  }
});
