import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { it } from 'node:test';
import { compileCacheFolder } from '../../src/ports/compile-cache-folder.ts';
import { vaultLayout } from '../../src/vault/vault-layout.ts';
import { backUp } from '../support/vault/back-up.ts';
import { openTestVault } from '../support/vault/open-test-vault.ts';
import { prepareVault } from '../support/vault/prepared-vault.ts';

it('the workers of a vault have a compile cache in its folder when their engine has none', async () => {
  if (compileCacheFolder() !== undefined) {
    testWithoutCompileCache();
    return;
  }
  await using prepared = await prepareVault();
  await using vault = await openTestVault(await prepared.copy());
  const { compileCache } = vaultLayout(vault.folder);
  await rm(compileCache, { recursive: true, force: true });
  assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
  assert.notEqual((await readdir(compileCache)).length, 0);
});

/** The tests as a whole may have one; a process that has begun with it keeps it. */
function testWithoutCompileCache(): void {
  const env = { ...process.env, NODE_COMPILE_CACHE: undefined, NODE_TEST_CONTEXT: undefined };
  const { status, stdout, stderr } = spawnSync(process.execPath, [import.meta.filename], {
    env,
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
}
