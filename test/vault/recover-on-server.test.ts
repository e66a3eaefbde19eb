import assert from 'node:assert/strict';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { recordHash } from '../../src/engine/ledger/record-hash.ts';
import type { EventStore } from '../../src/ports/event-store.ts';
import { type RecoveredVault, recoverVault } from '../../src/vault/recover-vault.ts';
import { vaultLayout } from '../../src/vault/vault-layout.ts';
import type { RecoverVaultOptions } from '../../src/vault/vault-options.ts';
import { FakeKurrentDb } from '../support/kurrentdb/fake-kurrentdb.ts';
import { backUp } from '../support/vault/back-up.ts';
import { createTestVault } from '../support/vault/create-test-vault.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { addTestInstance, copyVault } from '../support/vault/make-test-vault.ts';
import { openTestVault, testPassphrase } from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

async function hashesIn(eventStore: EventStore): Promise<readonly string[]> {
  const hashes: string[] = [];
  for await (const record of eventStore.readAll()) {
    if (record.stream.startsWith('engine-')) continue;
    hashes.push(`${record.stream} ${recordHash(record.stream, record.revision, record)}`);
  }
  return hashes.toSorted();
}

describe('recovering a vault whose ledger was on a fake KurrentDB', { timeout: 120_000 }, () => {
  let temporary: TemporaryFolder;
  let lost: FakeKurrentDb;
  let server: FakeKurrentDb;
  let original = '';
  let records: readonly string[] = [];
  let copies = 0;
  before(async () => {
    temporary = await makeTemporaryFolder();
    lost = await FakeKurrentDb.start();
    server = await FakeKurrentDb.start();
    original = path.join(temporary.path, 'original');
    await createTestVault({
      folder: original,
      passphrase: testPassphrase,
      eventStore: { location: lost.url, namespace: 'ours' },
    });
    const disk = path.join(temporary.path, 'disk.img');
    await makeDisk(disk, ['a', 'b']);
    await using vault = await openTestVault(original);
    await addTestInstance(vault, [disk], { transport: 'direct' });
    await backUp(vault.engine);
    records = await hashesIn(vault.dependencies.eventStore);
  });
  after(async () => {
    await lost[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });

  async function copy(): Promise<string> {
    copies += 1;
    return copyVault(original, path.join(temporary.path, `copy-${copies}`));
  }

  /** As if the server of that name had been set up anew. */
  async function nameServer(folder: string, location: string, namespace: string): Promise<void> {
    const { marker } = vaultLayout(folder);
    const json = JSON.parse(await readFile(marker, 'utf8')) as object;
    const eventStore = { kind: 'kurrentdb', location, namespace };
    await writeFile(marker, JSON.stringify({ ...json, eventStore }));
  }

  function recover(
    folder: string,
    options: Partial<RecoverVaultOptions> = {},
  ): Promise<RecoveredVault> {
    const repository = path.join(folder, 'repository');
    return recoverVault({ repository, folder, passphrase: testPassphrase, ...options });
  }

  async function assertGoesOn(folder: string): Promise<void> {
    await using vault = await openTestVault(folder);
    assert.deepEqual(await hashesIn(vault.dependencies.eventStore), records);
    assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
    const { findings, unsealed } = await vault.engine.audit.verify();
    assert.deepEqual({ findings, unsealed }, { findings: [], unsealed: [] });
  }

  it('rebuilds it on the server that the vault names, when that has nothing of it', async () => {
    const folder = await copy();
    await nameServer(folder, server.url, 'set_up_anew');
    const { eventStore } = await recover(folder);
    assert.deepEqual(eventStore, {
      kind: 'kurrentdb',
      location: server.url,
      namespace: 'set_up_anew',
    });
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('ledger')),
      [],
      'no file that nobody opens',
    );
    await assertGoesOn(folder);
  });

  it('is refused while the server still has it, and says what to do', async () => {
    const folder = await copy();
    const names = await readdir(folder);
    const events = lost.log.events.length;
    await assert.rejects(recover(folder), {
      code: 'VAULT_EXISTS',
      message: /the event store holds a ledger already/,
      remedy: /use the vault as it is\. Otherwise name another place .*--event-store/,
    });
    assert.equal(lost.log.events.length, events);
    assert.deepEqual(await readdir(folder), names);
  });

  it('rebuilds it on another server that is named, and the vault names that from then on', async () => {
    const folder = await copy();
    const { eventStore } = await recover(folder, { eventStore: { location: server.url } });
    assert.ok(eventStore.kind === 'kurrentdb');
    assert.match(eventStore.namespace, /^snapledger_[0-9a-f]{16}$/);
    const marker = JSON.parse(await readFile(vaultLayout(folder).marker, 'utf8')) as object;
    assert.deepEqual('eventStore' in marker && marker.eventStore, eventStore);
    await assertGoesOn(folder);
  });

  it('makes a new vault on a server; after a failure nothing is left, and it can be repeated', async () => {
    const bucket = path.join(temporary.path, 'bucket');
    await rename(path.join(await copy(), 'repository'), bucket);
    const folder = path.join(temporary.path, 'empty-machine');
    const eventStore = { location: server.url, namespace: 'for_the_new_one' };
    const again = (): Promise<RecoveredVault> =>
      recover(folder, { repository: bucket, eventStore });
    server.faults.arm('append', { kind: 'access-denied' }, 1);
    await assert.rejects(again(), { code: 'LEDGER_ACCESS_DENIED' });
    await assert.rejects(readdir(folder), { code: 'ENOENT' });
    await again();
    await using vault = await openTestVault(folder);
    assert.deepEqual(await hashesIn(vault.dependencies.eventStore), records);
    assert.deepEqual((await vault.engine.audit.verify()).findings, []);
  });

  it('leaves a folder as it was when it fails, whatever of the vault was in it', async () => {
    const folder = await copy();
    for (const name of ['engines', 'sensitive.key', 'checkpoints']) {
      await rm(path.join(folder, name), { recursive: true, force: true });
    }
    const names = await readdir(folder);
    await rm(path.join(folder, 'repository', 'ledger'), { recursive: true });
    const eventStore = { location: server.url };
    await assert.rejects(recover(folder, { eventStore }), { code: 'NOTHING_SEALED' });
    assert.deepEqual(await readdir(folder), names);
    assert.equal((await readFile(vaultLayout(folder).marker, 'utf8')).includes('ours'), true);
  });
});
