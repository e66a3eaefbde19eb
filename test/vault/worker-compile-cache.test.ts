import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { it } from 'node:test';
import { vaultLayout } from '../../src/vault/vault-layout.ts';
import { backUp } from '../support/vault/back-up.ts';
import { openTestVault } from '../support/vault/open-test-vault.ts';
import { prepareVault } from '../support/vault/prepared-vault.ts';

// The tests as a whole may have one.
delete process.env['NODE_COMPILE_CACHE'];

it('the workers of a vault have a compile cache in a folder that is its own', async () => {
  await using prepared = await prepareVault();
  await using vault = await openTestVault(await prepared.copy());
  const { compileCache } = vaultLayout(vault.folder);
  await rm(compileCache, { recursive: true, force: true });
  assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
  assert.notEqual((await readdir(compileCache)).length, 0);
});
