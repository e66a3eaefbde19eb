import assert from 'node:assert/strict';
import { rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { backUp, finished } from '../support/vault/back-up.ts';
import { web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault } from '../support/vault/open-test-vault.ts';
import { prepareVault, type PreparedVault } from '../support/vault/prepared-vault.ts';

describe('two copies of one vault at work on one repository', { timeout: 240_000 }, () => {
  let prepared: PreparedVault;
  before(async () => {
    prepared = await prepareVault({ policy: { transport: 'direct' } });
  });
  after(() => prepared[Symbol.asyncDispose]());

  it('are told of by the seal of whichever is second, and no restore point is lost', async () => {
    const first = await prepared.copy();
    const second = await prepared.copy();
    await rm(path.join(second, 'repository'), { recursive: true });
    await symlink(path.join(first, 'repository'), path.join(second, 'repository'));
    {
      await using vault = await openTestVault(first);
      const running = await vault.engine.startBackup({ instanceId: web1 });
      assert.equal((await finished(running)).summary.status, 'succeeded');
      assert.equal((await running.sealed).kind, 'sealed');
    }
    await using vault = await openTestVault(second);
    const running = await vault.engine.startBackup({ instanceId: web1 });
    assert.equal((await finished(running)).summary.status, 'succeeded');
    const seal = await running.sealed;
    assert.ok(seal.kind === 'unsealed');
    assert.equal(seal.problem.code, 'LEDGER_DIVERGED');
    const { findings } = await vault.engine.audit.verify();
    assert.ok(findings.some(({ stream }) => stream === `instance-${web1}`));

    const points = await Array.fromAsync(vault.engine.listPoints());
    assert.equal(new Set(points.map(({ pointId }) => pointId)).size, 3, 'of both, and of before');
    const damage = await Array.fromAsync(vault.engine.verify({ depth: 'deep' }));
    assert.deepEqual(
      damage.filter(({ kind }) => kind === 'finding'),
      [],
    );
    {
      await using again = await openTestVault(first);
      assert.equal((await backUp(again.engine)).summary.status, 'succeeded');
      assert.deepEqual((await again.engine.audit.verify()).findings, [], 'the first one is sound');
    }
  });
});
