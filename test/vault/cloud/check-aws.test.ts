import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { PolicyId } from '../../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../../../src/domain/policy/default-policy.ts';
import { createVault } from '../../../src/vault/create-vault.ts';
import { openVault } from '../../../src/vault/open-vault.ts';
import type { PermissionFinding } from '../../../src/vault/vault.ts';
import { type Ec2Fixture, homeRegion, openEc2Fixture } from '../../support/aws/ec2/ec2-fixture.ts';
import { FakeBucket } from '../../support/aws/s3/fake-bucket.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/vault/temporary-folder.ts';

const passphrase = 'correct horse';
const worker = {
  imageId: 'ami-0123456789abcdef0',
  instanceType: 'c7g.large',
  subnetId: 'subnet-0123456789abcdef0',
  availabilityZone: `${homeRegion}a`,
  securityGroupIds: ['sg-0123456789abcdef0'],
  instanceProfileArn: 'arn:aws:iam::111122223333:instance-profile/w',
};
const denied = { kind: 'error', status: 403, code: 'AccessDenied' } as const;

describe('the permissions of a vault on EC2 (a fake)', () => {
  let temporary: TemporaryFolder;
  let fixture: Ec2Fixture;
  let bucket: FakeBucket;
  let folder: string;
  const environment = { ...process.env };
  before(async () => {
    temporary = await makeTemporaryFolder();
    folder = join(temporary.path, 'vault');
    bucket = new FakeBucket({ name: 'backups', region: homeRegion });
    fixture = await openEc2Fixture({ buckets: [bucket] });
    // Where the clients of a vault find AWS and who they are, as they do for a user.
    Object.assign(process.env, fixture.environment());
    await createVault({
      folder,
      passphrase,
      repository: { url: 's3://backups/own', region: homeRegion, endpoint: fixture.aws.endpoint },
      cloud: { region: homeRegion, worker },
    });
  });
  after(async () => {
    process.env = environment;
    await fixture[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    fixture.aws.faults.clear();
  });

  async function check(): Promise<readonly PermissionFinding[]> {
    const vault = await openVault({ folder, passphrase: () => Promise.resolve(passphrase) });
    try {
      return await vault.checkAws();
    } finally {
      await vault.close();
    }
  }
  const missingIn = (found: readonly PermissionFinding[]): readonly string[] =>
    found.filter(({ outcome }) => outcome.kind === 'missing').map(({ action }) => action);

  it('are all there, and nothing is left of the trial', async () => {
    const kept = bucket.keys();

    assert.deepEqual(missingIn(await check()), []);

    assert.deepEqual(bucket.keys(), kept);
  });

  it('are tried with the workers of the policies that have any', async () => {
    const usual = defaultPolicy('spot' as PolicyId, []);
    const policyOf = (
      policyId: string,
      transport: 'worker' | 'direct',
      instanceType: string,
    ): BackupPolicy => ({
      ...usual,
      policyId: policyId as PolicyId,
      selection: { include: { kind: 'tag', key: 'backup', value: policyId }, exclude: null },
      image: {
        ...usual.image,
        level: 'on',
        transport,
        workers: { types: [{ upToGib: 10, instanceType }], market: 'on-demand' },
      },
    });
    {
      const vault = await openVault({ folder, passphrase: () => Promise.resolve(passphrase) });
      await vault.engine.setPolicies([
        policyOf('by-worker', 'worker', 'c7g.medium'),
        policyOf('directly', 'direct', 'c7g.xlarge'),
      ]);
      await vault.close();
    }

    const tried = (await check()).flatMap(({ machine, outcome }) =>
      machine === null ? [] : [[machine.instanceType, machine.market, outcome.kind]],
    );

    assert.deepEqual(tried, [['c7g.medium', 'on-demand', 'allowed']]);
  });

  for (const [operation, action] of [
    ['GetObject', 's3:GetObject'],
    ['ListObjectsV2', 's3:ListBucket'],
  ] as const) {
    it(`lack ${action}: it is said, though without it the repository cannot be opened`, async () => {
      fixture.aws.faults.arm(operation, denied, Infinity);

      const found = await check();

      assert.deepEqual(missingIn(found), [action]);
      const snapshots = found.find((one) => one.action === 'ec2:CreateSnapshots');
      assert.equal(snapshots?.outcome.kind, 'untried');
    });
  }
});
