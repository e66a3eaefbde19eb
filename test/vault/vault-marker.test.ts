import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import { readVaultMarker } from '../../src/vault/vault-marker.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const written = {
  format: 'snapledger-vault',
  version: 4,
  repository: { kind: 's3', bucket: 'backups', prefix: '', region: 'eu-central-1', endpoint: null },
  cloud: { kind: 'ec2', region: 'eu-central-1' },
};

describe('a vault.json that was edited', () => {
  let temporary: TemporaryFolder;
  before(async () => {
    temporary = await makeTemporaryFolder();
  });
  after(async () => {
    await temporary[Symbol.asyncDispose]();
  });

  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['is no JSON any more', '{ "format": "snapledger-vault", }', /is not JSON/],
    [
      'has a misspelt worker',
      JSON.stringify({ ...written, cloud: { ...written.cloud, workers: {} } }),
      /in 'cloud' "workers" is not one of the fields/,
    ],
    [
      'has a worker without a subnet',
      JSON.stringify({ ...written, cloud: { ...written.cloud, worker: { imageId: 'ami-1' } } }),
      /in 'cloud' the worker's instanceType is missing/,
    ],
    [
      'has a storage format that cannot be one',
      JSON.stringify({ ...written, version: 5, storageFormat: 'No Such' }),
      /'storageFormat' is not the name of one/,
    ],
    [
      'has an id of a repository that cannot be one',
      JSON.stringify({ ...written, repositoryId: 7 }),
      /'repositoryId' is not the id of one/,
    ],
    [
      'names no repository',
      JSON.stringify({ ...written, repository: { ...written.repository, kind: 's4' } }),
      /does not say where the repository is/,
    ],
  ];
  for (const [what, text, expected] of cases) {
    it(`and ${what}: says what is wrong and where, and not to make another vault`, async () => {
      const file = join(temporary.path, 'vault.json');
      await writeFile(file, text);

      await assert.rejects(readVaultMarker(temporary.path), (error) => {
        assert.ok(error instanceof SnapledgerError);
        assert.equal(error.code, 'NOT_A_VAULT');
        assert.match(error.message, expected);
        assert.ok(error.message.includes(file));
        assert.doesNotMatch(error.remedy ?? '', /init/);
        return true;
      });
    });
  }

  it('and locks the ledger for no whole number of days: says so', async () => {
    for (const ledgerLockDays of [0, 1.5, -1, 36_526]) {
      const repository = { ...written.repository, ledgerLockDays };
      const text = JSON.stringify({ ...written, version: 6, repository });
      await writeFile(join(temporary.path, 'vault.json'), text);
      await assert.rejects(readVaultMarker(temporary.path), /locked for 1 to 36525 whole days/);
    }
  });

  it('and locks points for no whole number of days, or in no mode that there is: says so', async () => {
    const lockedBy = async (lock: Readonly<Record<string, unknown>>): Promise<unknown> => {
      const repository = { ...written.repository, ...lock };
      const text = JSON.stringify({ ...written, version: 7, repository });
      await writeFile(join(temporary.path, 'vault.json'), text);
      return (await readVaultMarker(temporary.path)).repository;
    };
    await assert.rejects(lockedBy({ lockDays: 0 }), /points are locked for 1 to 36525 whole days/);
    await assert.rejects(
      lockedBy({ lockDays: 30, lockMode: 'open' }),
      /does not say where the repository is/,
    );
    const lock = { lockDays: 30, ledgerLockDays: 400, lockMode: 'governance' } as const;
    assert.deepEqual(await lockedBy(lock), { ...written.repository, ...lock });
  });

  it('is read when it has no mistake', async () => {
    await writeFile(join(temporary.path, 'vault.json'), JSON.stringify(written));
    const { cloud } = await readVaultMarker(temporary.path);
    assert.deepEqual(cloud, { kind: 'ec2', region: 'eu-central-1', worker: null });
  });
});
