import assert from 'node:assert/strict';
import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { StorageFormat } from '../../src/format/storage-format.ts';
import { createVault, createVaultWith } from '../../src/vault/create-vault.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import { vaultLayout } from '../../src/vault/vault-layout.ts';
import { cheapStrata } from '../support/format/cheap-strata.ts';
import { mountSmallFileSystem, whyNoSmallFileSystem } from '../support/vault/small-file-system.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const passphrase = 'open sesame';
const unable = await whyNoSmallFileSystem();

describe('making a vault', () => {
  let temporary: TemporaryFolder;
  let folder: string;
  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    folder = path.join(temporary.path, 'new', 'vault');
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  it('gives one that can be opened and used, and that only its owner can read', async () => {
    await createVault({ folder, passphrase });
    assert.equal((await stat(folder)).mode & 0o077, 0);
    const vault = await openVault({ folder, passphrase: () => Promise.resolve(passphrase) });
    assert.equal(vault.folder, folder);
    assert.deepEqual(await vault.engine.listInstances(), []);
    assert.deepEqual(await Array.fromAsync(vault.engine.listPoints()), []);
    await vault.close();
    assert.deepEqual(await readdir(path.dirname(folder)), ['vault'], 'nothing is left beside it');
  });

  it('tells the recovery key also when the last step fails, or what follows adding it', async () => {
    const parent = path.dirname(folder);
    const failing = (synced: string): Promise<void> =>
      synced === parent ? Promise.reject(new Error('EIO: i/o error, fsync')) : Promise.resolve();
    const made = await createVaultWith({ folder, passphrase }, cheapStrata, failing);
    assert.equal(made.recoveryKeyTrouble, null);
    assert.match(made.folderTrouble?.message ?? '', /is made at .*could not be made durable: EIO/);
    const { recoveryKey } = made;
    assert.ok(recoveryKey !== null);
    const vault = await openVault({ folder, passphrase: () => Promise.resolve(recoveryKey) });
    assert.deepEqual(await Array.fromAsync(vault.engine.listPoints()), []);
    await vault.close();

    const error = new SnapledgerError('STORE_ACCESS_DENIED', 'removing is not allowed');
    const trouble = { inForce: 'yes', error } as const;
    const { keySlots } = cheapStrata;
    assert.ok(keySlots !== null);
    const stuck: StorageFormat = {
      ...cheapStrata,
      keySlots: {
        ...keySlots,
        addRecoveryKey: async (options, label) => ({
          ...(await keySlots.addRecoveryKey(options, label)),
          afterwards: trouble,
        }),
      },
    };
    const beside = path.join(temporary.path, 'beside');
    const second = await createVaultWith({ folder: beside, passphrase }, stuck);
    assert.ok(second.recoveryKey !== null);
    assert.deepEqual([second.recoveryKeyTrouble, second.folderTrouble], [trouble, null]);
  });

  it('uses an empty folder that is there', async () => {
    await mkdir(folder, { recursive: true });
    await createVault({ folder, passphrase });
    assert.ok((await readdir(folder)).includes('vault.json'));
  });

  it('refuses a folder that is a vault, or holds anything else, and leaves it alone', async () => {
    await createVault({ folder, passphrase });
    const { mtimeMs } = await stat(vaultLayout(folder).marker);
    await assert.rejects(createVault({ folder, passphrase: 'another' }), {
      code: 'VAULT_EXISTS',
      message: new RegExp(`${folder}.* is a vault already`),
      remedy: /^Use it as it is/,
    });
    assert.equal((await stat(vaultLayout(folder).marker)).mtimeMs, mtimeMs);

    await assert.rejects(createVault({ folder: path.dirname(folder), passphrase }), {
      code: 'VAULT_EXISTS',
      message: /is not empty, and no vault/,
      remedy: /^Choose a folder that is empty or does not exist/,
    });
    assert.deepEqual(await readdir(path.dirname(folder)), ['vault']);
  });

  it('refuses an empty passphrase', async () => {
    await assert.rejects(createVault({ folder, passphrase: '' }), { code: 'INVALID_ARGUMENT' });
    assert.deepEqual(await readdir(temporary.path), []);
  });

  it('names a place where none can be made', async () => {
    const file = path.join(temporary.path, 'file');
    await writeFile(file, '');
    const dangling = path.join(temporary.path, 'dangling');
    await symlink(path.join(temporary.path, 'nowhere', 'at', 'all'), dangling);
    for (const place of [file, path.join(file, 'below'), path.join(dangling, 'below')]) {
      await assert.rejects(createVault({ folder: place, passphrase }), {
        code: 'INVALID_ARGUMENT',
        message: new RegExp(`no vault can be made at '${place}'`),
      });
    }
    assert.deepEqual((await readdir(temporary.path)).sort(), ['dangling', 'file']);
  });

  it('makes one of two that are asked for at once, and the other is refused', async () => {
    const made = await Promise.allSettled([
      createVault({ folder, passphrase }),
      createVault({ folder, passphrase }),
    ]);
    const refused = made.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    assert.equal(refused.length, 1);
    assert.match(refused[0] ?? '', /is a vault already/);
    assert.deepEqual(await readdir(path.dirname(folder)), ['vault']);
  });

  it('leaves nothing when there is no room', { skip: unable }, async () => {
    await using fileSystem = await mountSmallFileSystem(16 * 1024);
    await assert.rejects(createVault({ folder: path.join(fileSystem.path, 'v'), passphrase }), {
      code: 'STORE_FULL',
    });
    assert.deepEqual(await readdir(fileSystem.path), []);
  });
});
