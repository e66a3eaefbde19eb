import assert from 'node:assert/strict';
import { rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { backUp, finished } from '../support/vault/back-up.ts';
import { recoverVault } from '../../src/vault/recover-vault.ts';
import type { SealOutcome } from '../../src/engine/seal-outcome.ts';
import { deviceOf, web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, testPassphrase } from '../support/vault/open-test-vault.ts';
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
    assert.match(seal.problem.message, /another vault with the same identity .* seals into this/);
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

describe('two recoveries of one repository at work on it', { timeout: 240_000 }, () => {
  it('are told of by the seal of whichever is second, each time, with what to do', async () => {
    await using prepared = await prepareVault({ policy: { transport: 'direct' } });
    const repository = path.join(await prepared.copy(), 'repository');
    const folders = ['one', 'two'].map((name) => path.join(prepared.temporaryFolder, name));
    const [first = '', second = ''] = folders;
    for (const folder of folders) {
      await recoverVault({ repository, folder, passphrase: testPassphrase });
      await using vault = await openTestVault(folder);
      await vault.cloud.addInstance({
        instanceId: web1,
        volumes: [{ device: deviceOf(0), imagePath: prepared.diskPath }],
      });
    }
    const sealOf = async (folder: string): Promise<SealOutcome> => {
      await using vault = await openTestVault(folder);
      const running = await vault.engine.startBackup({ instanceId: web1 });
      assert.equal((await finished(running)).summary.status, 'succeeded');
      return await running.sealed;
    };
    assert.equal((await sealOf(first)).kind, 'sealed');
    for (let again = 0; again < 2; again += 1) {
      const seal = await sealOf(second);
      assert.ok(seal.kind === 'unsealed');
      const { code, message } = seal.problem;
      assert.equal(code, 'LEDGER_DIVERGED');
      assert.match(message, /another recovery of its repository\) seals into this repository too/);
      assert.match(message, /Nothing of this vault is sealed until that is settled/);
      assert.match(message, /'snapledger recover' in an empty folder/);
    }
    assert.equal((await sealOf(first)).kind, 'sealed', 'the first one goes on');

    // What the message says to do.
    const third = path.join(prepared.temporaryFolder, 'three');
    await recoverVault({ repository, folder: third, passphrase: testPassphrase });
    await using vault = await openTestVault(third);
    const { findings, unsealed } = await vault.engine.audit.verify();
    assert.deepEqual({ findings, unsealed }, { findings: [], unsealed: [] });
  });
});
