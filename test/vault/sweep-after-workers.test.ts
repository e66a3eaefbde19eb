import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ownIdentity, type ProcessIdentity } from '../../src/platform/process-identity.ts';
import { temporaryFileName } from '../../src/adapters/filesystem/temporary-file-name.ts';
import { vaultLayout } from '../../src/vault/vault-layout.ts';
import { watched } from '../support/engine/watched-backup.ts';
import { web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault } from '../support/vault/open-test-vault.ts';
import { type PreparedVault, prepareVault } from '../support/vault/prepared-vault.ts';

describe('when a worker is removed', () => {
  let prepared: PreparedVault;
  before(async () => {
    prepared = await prepareVault();
  });
  after(() => prepared[Symbol.asyncDispose]());

  it('what it was just writing is removed from the repository, and nobody else’s', async () => {
    const folder = await prepared.copy();
    const temporaryFolder = path.join(vaultLayout(folder).repository, '~tmp');
    const leave = async (owner: ProcessIdentity, suffix: string): Promise<string> => {
      const name = temporaryFileName(owner, suffix.repeat(24));
      await writeFile(path.join(temporaryFolder, name), 'half an object');
      return name;
    };
    await using vault = await openTestVault(folder);
    await mkdir(temporaryFolder, { recursive: true });
    const ended = { ...ownIdentity(), startTicks: 1 };
    const living = await leave(ownIdentity(), 'a');
    const running = await vault.engine.startBackup({ instanceId: web1 });
    // Later than the vault was opened, which removes such files too.
    const { summary } = await watched(running, async ({ type }) => {
      if (type === 'VolumesAttached') await leave(ended, 'b');
    });
    assert.equal(summary.status, 'succeeded');
    assert.deepEqual(await readdir(temporaryFolder), [living]);
  });
});
