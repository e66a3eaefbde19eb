import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createVault } from '../../../src/vault/create-vault.ts';
import { openVault } from '../../../src/vault/open-vault.ts';
import type { PermissionFinding } from '../../../src/vault/vault.ts';
import { type Ec2Fixture, homeRegion, openEc2Fixture } from '../../support/aws/ec2/ec2-fixture.ts';
import { FakeBucket } from '../../support/aws/s3/fake-bucket.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/vault/temporary-folder.ts';

const passphrase = 'correct horse';
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
      cloud: { region: homeRegion },
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
