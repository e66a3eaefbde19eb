import assert from 'node:assert/strict';
import { cp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { verifyRepository } from '../../src/vault/verify-repository.ts';
import { backUp } from '../support/vault/back-up.ts';
import { openTestVault, testPassphrase } from '../support/vault/open-test-vault.ts';
import { prepareVault, type PreparedVault } from '../support/vault/prepared-vault.ts';

describe('a repository without its vault', { timeout: 120_000 }, () => {
  let prepared: PreparedVault;
  let repository: string;
  let checkpoint: string;
  before(async () => {
    prepared = await prepareVault({ policy: { transport: 'direct' } });
    const folder = await prepared.copy();
    const proof = await verifiedIn(folder);
    assert.ok(proof !== null);
    checkpoint = proof;
    repository = path.join(prepared.temporaryFolder, 'repository-alone');
    await cp(path.join(folder, 'repository'), repository, { recursive: true });
    await rm(folder, { recursive: true });
  });
  after(() => prepared[Symbol.asyncDispose]());

  async function verifiedIn(folder: string): Promise<string | null> {
    await using vault = await openTestVault(folder);
    return (await vault.engine.audit.verify()).checkpoint;
  }

  it('proves its ledger to the same checkpoint, and compares with one that was kept', async () => {
    const passphrase = testPassphrase;
    const proof = await verifyRepository({ repository, passphrase, checkpoints: [checkpoint] });
    assert.deepEqual(proof.findings, []);
    assert.equal(proof.checkpoint, checkpoint);
    assert.equal(proof.witnessedCheckpoints, 1);
    assert.ok(proof.size > 0);
  });

  it('whose ledger is gone, or older than its points, proves nothing of them and names them', async () => {
    const passphrase = testPassphrase;
    const gone = path.join(prepared.temporaryFolder, 'ledger-gone');
    await cp(repository, gone, { recursive: true });
    await rm(path.join(gone, 'ledger'), { recursive: true });
    const proof = await verifyRepository({ repository: gone, passphrase });
    assert.deepEqual([proof.size, proof.findings, proof.pointsWithoutSession.length], [0, [], 1]);

    const folder = await prepared.copy();
    const older = path.join(folder, 'repository');
    const ledger = path.join(older, 'ledger');
    const kept = path.join(prepared.temporaryFolder, 'older-ledger');
    await cp(ledger, kept, { recursive: true });
    await using vault = await openTestVault(folder);
    const { summary } = await backUp(vault.engine);
    await rm(ledger, { recursive: true });
    await cp(kept, ledger, { recursive: true });
    const { size, findings, pointsWithoutSession } = await verifyRepository({
      repository: older,
      passphrase,
    });
    assert.ok(size > 0);
    assert.deepEqual(findings, []);
    assert.deepEqual(
      pointsWithoutSession.map(({ pointId }) => pointId),
      [summary.pointId],
    );
  });

  it('is told apart from one whose log was cut off, by the checkpoint that was kept', async () => {
    const cut = path.join(prepared.temporaryFolder, 'cut');
    await cp(repository, cut, { recursive: true });
    // With the marks, which would say that there was more.
    await rm(path.join(cut, 'ledger'), { recursive: true });
    const passphrase = testPassphrase;
    const alone = await verifyRepository({ repository: cut, passphrase });
    assert.deepEqual(alone.findings, [], 'by itself it looks like one of before the first backup');
    const compared = await verifyRepository({
      repository: cut,
      passphrase,
      checkpoints: [checkpoint],
    });
    assert.deepEqual(
      compared.findings.map(({ kind }) => kind),
      ['log-truncated'],
    );
  });

  it('is refused with a wrong passphrase, and what is none as well', async () => {
    await assert.rejects(verifyRepository({ repository, passphrase: 'wrong' }), {
      code: 'WRONG_PASSPHRASE',
    });
    const nothing = path.join(prepared.temporaryFolder, 'nothing');
    await assert.rejects(verifyRepository({ repository: nothing, passphrase: testPassphrase }), {
      code: 'NOT_A_REPOSITORY',
    });
    assert.ok(!(await readdir(prepared.temporaryFolder)).includes('nothing'), 'nothing is made');
  });
});
