import assert from 'node:assert/strict';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { recoverVault } from '../../src/vault/recover-vault.ts';
import { vaultKeys } from '../../src/vault/vault-keys.ts';
import { backUp, readModes } from '../support/vault/back-up.ts';
import { createTestVault } from '../support/vault/create-test-vault.ts';
import { web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, testPassphrase } from '../support/vault/open-test-vault.ts';
import { prepareVault, type PreparedVault } from '../support/vault/prepared-vault.ts';

const exchanged = {
  code: 'REPOSITORY_EXCHANGED',
  message: /the repository of this vault is [0-9a-f-]{36}, .* another one, [0-9a-f-]{36}/,
};

describe('a vault in whose place for the repository there is another one', () => {
  let prepared: PreparedVault;
  let folder = '';
  let own = '';
  let other = '';

  before(async () => {
    prepared = await prepareVault();
    folder = await prepared.copy();
    const foreign = path.join(prepared.temporaryFolder, 'foreign');
    await createTestVault({ folder: foreign, passphrase: testPassphrase });
    own = path.join(prepared.temporaryFolder, 'own-repository');
    other = path.join(folder, 'repository');
    await rename(other, own);
    await rename(path.join(foreign, 'repository'), other);
  });
  after(() => prepared[Symbol.asyncDispose]());

  const objectsOf = async (place: string): Promise<readonly string[]> =>
    (await readdir(place, { recursive: true })).toSorted();

  it('neither backs up there nor lists what is there, though the passphrase opens it', async () => {
    const untouched = await objectsOf(other);
    await using vault = await openTestVault(folder);
    await assert.rejects(vault.engine.startBackup({ instanceId: web1 }), exchanged);
    await assert.rejects(Array.fromAsync(vault.engine.verify({ depth: 'structure' })), exchanged);
    assert.deepEqual(await objectsOf(other), untouched);
  });

  it('seals nothing there that is sensitive: neither notes, nor tags, nor a configuration', async () => {
    const untouched = await objectsOf(other);
    await using vault = await openTestVault(folder);
    const { engine, cloud } = vault;
    const [set] = (await engine.describeItems(web1)).history.sets;
    const item = { kind: 'snapshot-set', id: set?.id ?? assert.fail('it has a set') } as const;
    const note = { kind: 'legal-hold', note: 'a case' } as const;
    await assert.rejects(engine.placeHold({ instanceId: web1, item }, note), exchanged);
    await cloud.tagInstance(web1, { owner: 'somebody' });
    await assert.rejects(engine.recordTags(web1), exchanged);
    const snapshotsOnly = engine.startBackup({ instanceId: web1, scope: 'snapshot-only' });
    await assert.rejects(snapshotsOnly, exchanged);
    assert.deepEqual(await objectsOf(other), untouched);
  });

  it('changes no keys there', async () => {
    const untouched = await objectsOf(other);
    const keys = vaultKeys({ folder, passphrase: testPassphrase });
    await assert.rejects(keys.list(), exchanged);
    await assert.rejects(keys.changePassphrase('a new one'), exchanged);
    await assert.rejects(keys.rotateMasterKey('remove'), exchanged);
    assert.deepEqual(await objectsOf(other), untouched);
  });

  it('does not recover a ledger from it', async () => {
    const ledger = path.join(folder, 'ledger.sqlite');
    await rename(ledger, `${own}-ledger`);
    for (const suffix of ['-wal', '-shm']) await rm(ledger + suffix, { force: true });
    const recovering = recoverVault({ repository: other, folder, passphrase: testPassphrase });
    await assert.rejects(recovering, exchanged);
    await rename(`${own}-ledger`, ledger);
  });

  it('goes on with the changed blocks when its own is back', async () => {
    await rm(other, { recursive: true });
    await rename(own, other);
    await using vault = await openTestVault(folder);
    const done = await backUp(vault.engine);
    assert.equal(done.summary.status, 'succeeded');
    assert.deepEqual(readModes(done), ['changed']);
  });

  it('takes any when the marker, of an older program, names none', async () => {
    const file = path.join(folder, 'vault.json');
    const { repositoryId, ...older } = JSON.parse(await readFile(file, 'utf8')) as Readonly<
      Record<string, unknown>
    >;
    assert.match(String(repositoryId), /^[0-9a-f-]{36}$/);
    await writeFile(file, JSON.stringify(older));
    await using vault = await openTestVault(folder);
    assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
  });
});
