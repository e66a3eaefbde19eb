import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { openVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { vaultLayout } from '../../src/vault/vault-layout.ts';
import { makeDisk, sha256OfFile } from '../support/vault/disk-image.ts';
import { copyVault, deviceOf, makeTestVault, web1 } from '../support/vault/make-test-vault.ts';
import { testPassphrase } from '../support/vault/open-test-vault.ts';
import { runProgram } from '../support/engine/run-program.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { PolicyId } from '../../src/domain/identifiers.ts';

describe('opening a vault', () => {
  let temporary: TemporaryFolder;
  let prepared: string;
  let folder: string;
  let copies = 0;
  let asked = 0;
  let opened: Vault | null = null;

  before(async () => {
    temporary = await makeTemporaryFolder();
    prepared = await makeTestVault(temporary.path);
  });
  after(() => temporary[Symbol.asyncDispose]());
  beforeEach(async () => {
    copies += 1;
    asked = 0;
    folder = await copyVault(prepared, path.join(temporary.path, `copy-${copies}`));
  });
  afterEach(async () => {
    await opened?.close();
    opened = null;
  });

  const open = async (passphrase = testPassphrase): Promise<Vault> => {
    const ask = (): Promise<string> => {
      asked += 1;
      return Promise.resolve(passphrase);
    };
    opened = await openVault({ folder, passphrase: ask, actor: 'a tester' });
    return opened;
  };

  it('asks for the passphrase when it is first needed, and once', async () => {
    const { engine } = await open();
    assert.deepEqual(await engine.listSessions(), []);
    assert.deepEqual(await engine.listInstances(), []);
    assert.equal(asked, 0);
    await Promise.all([Array.fromAsync(engine.listPoints()), Array.fromAsync(engine.listPoints())]);
    await Array.fromAsync(engine.listPoints());
    assert.equal(asked, 1);
  });

  it('asks again after a wrong one, and can be closed all the same', async () => {
    const vault = await open('wrong');
    await assert.rejects(Array.fromAsync(vault.engine.listPoints()), { code: 'WRONG_PASSPHRASE' });
    await assert.rejects(Array.fromAsync(vault.engine.listPoints()), { code: 'WRONG_PASSPHRASE' });
    assert.equal(asked, 2);
  });

  it('serves a host from the first backup to the restored image', async () => {
    const vault = await open();
    const imagePath = path.join(temporary.path, 'disk.img');
    await makeDisk(imagePath, ['a', null, 'c']);
    await vault.addInstance({ instanceId: web1, volumes: [{ device: deviceOf(0), imagePath }] });
    await vault.engine.setPolicy(defaultPolicy('nightly' as PolicyId, [web1]));
    const backup = await vault.engine.startBackup({ instanceId: web1 });
    const { pointId } = await backup.ended;
    assert.ok(pointId !== null);
    for await (const { actor } of backup.events()) assert.equal(actor, 'a tester');
    const restored = path.join(temporary.path, 'restored');
    const target = vault.imageFolder({ folder: restored, existing: 'refuse' });
    const restore = await vault.engine.startRestore({ pointId, target });
    assert.equal((await restore.ended).status, 'succeeded');
    assert.equal(await sha256OfFile(path.join(restored, 'sda.img')), await sha256OfFile(imagePath));
  });

  const repositoryInS3 = {
    kind: 's3',
    bucket: 'backups',
    prefix: 'own',
    region: 'eu-test-1',
    endpoint: null,
  };
  const writeEc2Marker = (cloud: object, repository: object | string): Promise<void> =>
    writeFile(
      vaultLayout(folder).marker,
      JSON.stringify({ format: 'snapledger-vault', version: 4, repository, cloud }),
    );
  const spoilt: readonly (readonly [string, string, RegExp, () => Promise<void>])[] = [
    ['is not there', 'NOT_A_VAULT', /has no vault\.json/, () => rm(folder, { recursive: true })],
    ['has no marker', 'NOT_A_VAULT', /has no vault\.json/, () => rm(vaultLayout(folder).marker)],
    [
      'has a marker of something else',
      'NOT_A_VAULT',
      /not one of snapledger/,
      () => writeFile(vaultLayout(folder).marker, '{"format":"other","version":1}'),
    ],
    [
      'has a marker that is cut off',
      'NOT_A_VAULT',
      /is not JSON/,
      () => writeFile(vaultLayout(folder).marker, '{"format":"snapl'),
    ],
    [
      'was made by a newer program',
      'VAULT_VERSION',
      /version 8/,
      () => writeFile(vaultLayout(folder).marker, '{"format":"snapledger-vault","version":8}'),
    ],
    [
      'does not say where its ledger is',
      'NOT_A_VAULT',
      /does not say where the ledger is/,
      () => writeFile(vaultLayout(folder).marker, '{"format":"snapledger-vault","version":2}'),
    ],
    [
      'does not say where its repository is',
      'NOT_A_VAULT',
      /does not say where the repository is/,
      () =>
        writeFile(
          vaultLayout(folder).marker,
          '{"format":"snapledger-vault","version":3,"repository":{"kind":"s3","bucket":"B"}}',
        ),
    ],
    [
      'does not say which cloud it is of',
      'NOT_A_VAULT',
      /in 'cloud' the region is missing, or no text/,
      () => writeEc2Marker({ kind: 'ec2', region: 1 }, repositoryInS3),
    ],
    [
      'has a setting of its cloud that was edited wrongly',
      'NOT_A_VAULT',
      /in 'cloud' the worker's imageId "img-1"/,
      () =>
        writeEc2Marker(
          {
            kind: 'ec2',
            region: 'eu-test-1',
            worker: {
              imageId: 'img-1',
              instanceType: 'c7g.large',
              subnetId: 'subnet-0123456789abcdef0',
              availabilityZone: 'eu-test-1a',
              securityGroupIds: ['sg-0123456789abcdef0'],
              instanceProfileArn: 'arn:aws:iam::111122223333:instance-profile/w',
            },
          },
          repositoryInS3,
        ),
    ],
    [
      'has its instances in EC2 and its repository in a folder',
      'NOT_A_VAULT',
      /names no repository in S3/,
      () => writeEc2Marker({ kind: 'ec2', region: 'eu-test-1' }, '/mnt/repository'),
    ],
  ];
  for (const [how, code, message, spoil] of spoilt) {
    it(`refuses a folder that ${how}`, async () => {
      await spoil();
      await assert.rejects(open(), (error: unknown) => {
        assert.ok(error instanceof Error && 'code' in error && 'remedy' in error);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.ok(error.message.includes(folder), 'it names the folder');
        return true;
      });
    });
  }

  it('names the part that is missing when its ledger is gone', async () => {
    await rm(vaultLayout(folder).ledger);
    await assert.rejects(open(), (error: unknown) => {
      assert.ok(error instanceof Error && error.name === 'SnapledgerError');
      assert.ok(error.message.includes('ledger.sqlite'), error.message);
      return true;
    });
  });

  it('still opens one from before a ledger could be on a server', async () => {
    await writeFile(vaultLayout(folder).marker, '{"format":"snapledger-vault","version":1}');
    assert.deepEqual(await (await open()).engine.listSessions(), []);
  });

  it('works for a user without a name, as containers have them', async (t) => {
    if (process.getuid?.() !== 0) {
      t.skip('only root can become somebody else');
      return;
    }
    const ended = await runProgram('nameless-user.ts', [temporary.path]);
    assert.deepEqual(ended, { exitCode: 0, signal: null, stdout: 'uid 54321', stderr: '' });
  });
});
