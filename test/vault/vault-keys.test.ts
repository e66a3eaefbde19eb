import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { createVaultWith } from '../../src/vault/create-vault.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import type { StorageFormat } from '../../src/format/storage-format.ts';
import {
  type VaultKeys,
  type VaultKeysOptions,
  vaultKeysWith,
} from '../../src/vault/vault-keys.ts';
import { vaultLayout } from '../../src/vault/vault-layout.ts';
import { cheapStrata } from '../support/format/cheap-strata.ts';
import { fakeFormat } from '../support/simulation/fake-format/fake-format.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const passphrase = 'open sesame';

function vaultKeysOf(options: VaultKeysOptions, format: StorageFormat): VaultKeys {
  return vaultKeysWith(options, () => Promise.resolve(format));
}

async function opens(folder: string, secret: string): Promise<boolean> {
  const vault = await openVault({ folder, passphrase: () => Promise.resolve(secret) });
  try {
    await Array.fromAsync(vault.engine.listPoints());
    return true;
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error && error.code === 'WRONG_PASSPHRASE');
    return false;
  } finally {
    await vault.close();
  }
}

describe('the keys of a vault', () => {
  it('are its passphrase and a recovery key that is told when it is made', async () => {
    await using temporary = await makeTemporaryFolder();
    const folder = path.join(temporary.path, 'vault');
    const { recoveryKey } = await createVaultWith({ folder, passphrase }, cheapStrata);
    assert.ok(recoveryKey !== null);
    assert.ok(await opens(folder, passphrase));
    assert.ok(await opens(folder, recoveryKey));
    assert.ok(!(await opens(folder, 'another')));
    for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const content = await readFile(path.join(file.parentPath, file.name), 'latin1');
      assert.ok(!content.includes(recoveryKey), `${file.name} does not have it`);
    }
  });

  it('can all be changed while the vault is open, which goes on', async () => {
    await using temporary = await makeTemporaryFolder();
    const folder = path.join(temporary.path, 'vault');
    await createVaultWith({ folder, passphrase }, cheapStrata);
    const vault = await openVault({ folder, passphrase: () => Promise.resolve(passphrase) });
    assert.deepEqual(await Array.fromAsync(vault.engine.listPoints()), []);
    const keys = vaultKeysOf({ folder, passphrase }, cheapStrata);
    await keys.changePassphrase('changed');
    assert.deepEqual(await Array.fromAsync(vault.engine.listPoints()), []);
    await vault.close();
    assert.deepEqual(
      [await opens(folder, passphrase), await opens(folder, 'changed')],
      [false, true],
    );

    const changed = vaultKeysOf({ folder, passphrase: 'changed' }, cheapStrata);
    const { slot, recoveryKey } = await changed.addRecoveryKey('safe');
    const added = await changed.addPassphrase({ passphrase: 'second', label: 'Zoë' });
    assert.equal((await changed.list()).slots.length, 4);
    await changed.remove(added.id);
    const rotation = await changed.rotateMasterKey('keep');
    assert.ok(rotation.removed.some(({ id }) => id === slot.id));
    assert.deepEqual(
      [
        await opens(folder, recoveryKey),
        await opens(folder, rotation.recoveryKey?.recoveryKey ?? ''),
      ],
      [false, true],
    );
  });

  it('are asked of a vault, and of a format that has them', async () => {
    await using temporary = await makeTemporaryFolder();
    const folder = path.join(temporary.path, 'vault');
    await assert.rejects(vaultKeysOf({ folder, passphrase }, cheapStrata).list(), {
      code: 'NOT_A_VAULT',
    });
    const { recoveryKey } = await createVaultWith({ folder, passphrase }, fakeFormat);
    assert.equal(recoveryKey, null);
    assert.ok((await readdir(vaultLayout(folder).repository)).length > 0);
    await assert.rejects(vaultKeysOf({ folder, passphrase }, fakeFormat).list(), {
      code: 'INVALID_ARGUMENT',
      message: /'fake'/,
    });
  });
});
