import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Region } from '../../src/domain/identifiers.ts';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { Repository } from '../../src/format/repository.ts';
import type { ObjectStoreLocation } from '../../src/ports/object-store-location.ts';
import { awsPolicyText } from '../../src/vault/aws-policy.ts';
import type { Ec2Setting } from '../../src/vault/cloud/ec2-setting.ts';

const location: ObjectStoreLocation = {
  kind: 's3',
  bucket: 'my-bucket',
  prefix: 'p',
  region: 'eu-central-1',
  endpoint: null,
};
const snapshotsOnly: Ec2Setting = { kind: 'ec2', region: 'eu-central-1' as Region, worker: null };
const withWorkers: Ec2Setting = {
  ...snapshotsOnly,
  worker: {
    imageId: 'ami-0123456789abcdef0',
    instanceType: 'c7g.large',
    subnetId: 'subnet-0123456789abcdef0',
    availabilityZone: 'eu-central-1a',
    securityGroupIds: ['sg-0123456789abcdef0'],
    instanceProfileArn: 'arn:aws:iam::111122223333:instance-profile/w',
    nodeSha256: null,
  },
};
const role = 'arn:aws:iam::111122223333:role/w';

/** What a policy needs of a repository. */
const open = (): Promise<Pick<Repository, 'deriveTagSecret'>> =>
  Promise.resolve({ deriveTagSecret: () => Promise.resolve(new Uint8Array(32)) });

describe('the policy of IAM for a vault', () => {
  it('has the role of the workers, which the engine hands to them', async () => {
    const asked = { caller: 'engine', workerRoleArn: role } as const;
    const text = await awsPolicyText(open, { location, cloud: withWorkers }, asked);
    assert.match(text, /iam:PassRole/);
    assert.ok(text.includes(role));
  });

  it('is refused for the engine of a vault with workers without that role, before a passphrase is asked for', async () => {
    const neverOpened = (): never => assert.fail('the repository is opened');
    const asked = { caller: 'engine', workerRoleArn: null } as const;
    await assert.rejects(
      awsPolicyText(neverOpened, { location, cloud: withWorkers }, asked),
      (error) => {
        assert.ok(error instanceof SnapledgerError);
        assert.equal(error.code, 'INVALID_ARGUMENT');
        assert.match(error.remedy ?? '', /--worker-role/);
        return true;
      },
    );
  });

  it('lets the engine, and no worker, lock the ledger where it is locked', async () => {
    const locked = { ...location, ledgerLockDays: 30 };
    const textFor = (caller: 'engine' | 'worker', place: ObjectStoreLocation): Promise<string> =>
      awsPolicyText(
        open,
        { location: place, cloud: withWorkers },
        { caller, workerRoleArn: caller === 'engine' ? role : null },
      );
    assert.match(await textFor('engine', locked), /"s3:PutObjectRetention"[\s\S]*p\/ledger\/\*/);
    assert.doesNotMatch(await textFor('worker', locked), /Retention/);
    assert.doesNotMatch(await textFor('engine', location), /Retention/);
  });

  it('lets engine and worker lock restore points where they are locked, for no longer than that', async () => {
    const locked = { ...location, lockDays: 30 };
    const statementOf = async (
      caller: 'engine' | 'worker',
      action: string,
    ): Promise<readonly unknown[]> => {
      const workerRoleArn = caller === 'engine' ? role : null;
      const asked = { caller, workerRoleArn } as const;
      const text = await awsPolicyText(open, { location: locked, cloud: withWorkers }, asked);
      const { Statement } = JSON.parse(text) as {
        readonly Statement: readonly { readonly Action: readonly string[] }[];
      };
      return Statement.filter(({ Action }) => Action.includes(action));
    };
    const limit = { NumericLessThanEquals: { 's3:object-lock-remaining-retention-days': '41' } };
    for (const [caller, under] of [
      ['engine', ''],
      ['worker', 'packs/'],
    ] as const) {
      const locking = await statementOf(caller, 's3:PutObjectRetention');
      assert.equal(locking.length, 1);
      assert.partialDeepStrictEqual(locking[0], {
        Resource: [`arn:aws:s3:::my-bucket/p/${under}*`],
        Condition: limit,
      });
      assert.equal((await statementOf(caller, 's3:ListBucketVersions')).length, 1);
      assert.equal((await statementOf(caller, 's3:DeleteObjectVersion')).length, 1);
      assert.deepEqual(await statementOf(caller, 's3:BypassGovernanceRetention'), []);
    }
  });

  it('needs no role for a worker, and where there are none', async () => {
    for (const [caller, cloud] of [
      ['worker', withWorkers],
      ['engine', snapshotsOnly],
      ['engine', { kind: 'local' }],
    ] as const) {
      const text = await awsPolicyText(open, { location, cloud }, { caller, workerRoleArn: null });
      assert.ok(!text.includes('PassRole'), caller);
    }
  });
});
