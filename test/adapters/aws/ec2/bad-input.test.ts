import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { ErrorCode } from '../../../../src/domain/errors/error-code.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../../../src/domain/identifiers.ts';
import { vaultKeysWith } from '../../../../src/vault/vault-keys.ts';
import { assertFailed, describeByTransport } from '../../../support/aws/ec2/by-transport.ts';
import { beforeSnapshots, type OpenBackups } from '../../../support/aws/ec2/ec2-backups.ts';
import { homeRegion, otherRegion } from '../../../support/aws/ec2/ec2-fixture.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import { recorded } from '../../../support/vault/back-up.ts';
import { createTestVault } from '../../../support/vault/create-test-vault.ts';
import { testPassphrase } from '../../../support/vault/open-test-vault.ts';

/* What a user gives that cannot work. */
describeByTransport('a backup', (backups, transport) => {
  /** Of nothing a session is begun. */
  const assertNotBegun = async (
    options: OpenBackups,
    { instanceId = backups().instanceId, code, says }: Refused,
  ): Promise<void> => {
    await using vault = await backups().open(options);
    const sessions = await vault.engine.listSessions({ instanceId });

    await assert.rejects(vault.engine.startBackup({ instanceId }), (error) => {
      assert.ok(hasErrorCode(error, code), String(error));
      assert.match(error.message, says);
      return true;
    });

    assert.deepEqual(await vault.engine.listSessions({ instanceId }), sessions);
  };

  it('of an instance that does not exist is refused before anything is recorded', async () => {
    const instanceId = 'i-0123456789abcdef0' as InstanceId;
    const says = /there is no instance 'i-0123456789abcdef0' in eu-test-1/;
    await assertNotBegun({}, { instanceId, code: 'UNKNOWN_INSTANCE', says });
  });

  it('of an instance of another region says in which it was looked for', async () => {
    const says = new RegExp(`there is no instance 'i-.*' in ${otherRegion}`);
    await assertNotBegun({ region: otherRegion }, { code: 'UNKNOWN_INSTANCE', says });
  });

  it('of an instance of the marketplace is what no worker can do', async () => {
    const { fixture, instanceId } = backups();
    const instance = fixture.ec2.world.instances.require(instanceId);
    instance.productCodes = ['8nv3jxnfqcs5fxdb9g9vnk5ns'];

    const session = await backups().run();

    instance.productCodes = [];
    if (transport === 'direct') {
      assert.equal(session.summary.status, 'succeeded');
      return;
    }
    assertFailed(session, {
      step: 'inspect-instance',
      code: 'WORKER_NOT_ALLOWED',
      says: /8nv3jxnfqcs5fxdb9g9vnk5ns of the AWS Marketplace.*--transport direct/s,
    });
    assert.equal(recorded(session, 'SnapshotTaken').length, 0);
  });

  describe('into a repository', () => {
    const closed = { code: 'WRONG_PASSPHRASE', says: /does not open this repository/ } as const;
    const changePassphrase = async (from: string, to: string): Promise<void> => {
      const { folder } = backups();
      const keys = vaultKeysWith({ folder, passphrase: from }, () => Promise.resolve(cheapStrata));
      await keys.changePassphrase(to);
    };

    it('of another passphrase than the one that is given', async () => {
      await assertNotBegun({ passphrase: 'wrong' }, closed);
    });

    it('whose passphrase was changed since', async () => {
      await changePassphrase(testPassphrase, 'another');
      await assertNotBegun({}, closed);
      await changePassphrase('another', testPassphrase);
    });

    it('whose passphrase is changed in the middle goes on', async () => {
      const session = await backups().run(
        beforeSnapshots(() => changePassphrase(testPassphrase, 'another')),
      );

      await changePassphrase('another', testPassphrase);
      assert.equal(session.summary.status, 'succeeded');
      assert.equal(recorded(session, 'RestorePointCommitted').length, 1);
    });

    it('that is another one of the same bucket', async () => {
      const { folder, temporaryFolder, bucket, fixture } = backups();
      const { endpoint } = fixture.aws;
      await createTestVault({
        folder: path.join(temporaryFolder, 'elsewhere'),
        passphrase: testPassphrase,
        repository: { url: 's3://backups/other', region: homeRegion, endpoint },
      });
      const objects = bucket.keys();
      const marker = path.join(folder, 'vault.json');
      const own = await readFile(marker, 'utf8');
      await writeFile(marker, own.replace('"own', '"other'));

      const says = /the repository of this vault is .*, and in its place there is another one/;
      await assertNotBegun({}, { code: 'REPOSITORY_EXCHANGED', says });

      await writeFile(marker, own);
      assert.deepEqual(bucket.keys(), objects, 'nothing is written there');
    });
  });
});

interface Refused {
  readonly instanceId?: InstanceId;
  readonly code: ErrorCode;
  readonly says: RegExp;
}
