import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { backupCatalogue } from '../../src/engine/ledger/event-catalogues.ts';
import { summariseEvent } from '../../src/engine/ledger/event-summary.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { createTestVault } from '../support/vault/create-test-vault.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import type { CreatedVault } from '../../src/vault/vault-options.ts';
import { vaultLayout } from '../../src/vault/vault-layout.ts';
import { FakeKurrentDb } from '../support/kurrentdb/fake-kurrentdb.ts';
import { backUp, blockTotals, readModes, recorded } from '../support/vault/back-up.ts';
import { makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { addTestInstance } from '../support/vault/make-test-vault.ts';
import { openTestVault, testPassphrase } from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

describe('a vault whose ledger is on a fake KurrentDB', { timeout: 120_000 }, () => {
  let temporary: TemporaryFolder;
  let server: FakeKurrentDb;
  before(async () => {
    temporary = await makeTemporaryFolder();
    server = await FakeKurrentDb.start();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });

  const create = (name: string, namespace?: string): Promise<CreatedVault> =>
    createTestVault({
      folder: path.join(temporary.path, name),
      passphrase: testPassphrase,
      eventStore: {
        location: server.url.replace('esdb:', 'kurrentdb:'),
        ...(namespace === undefined ? {} : { namespace }),
      },
    });

  it('backs up, then only what changed, restores, and replays what happened', async () => {
    const { folder, eventStore } = await create('whole');
    assert.ok(eventStore.kind === 'kurrentdb');
    assert.match(eventStore.namespace, /^snapledger_[0-9a-f]{16}$/);
    const disk = path.join(temporary.path, 'disk.img');
    await makeDisk(disk, ['a', 'b', 'c', 'd']);

    await using vault = await openTestVault(folder);
    await addTestInstance(vault, [disk]);
    const first = await backUp(vault.engine);
    assert.equal(first.summary.status, 'succeeded');
    const [firstPoint] = recorded(first, 'RestorePointCommitted');
    const firstDigest = await sha256OfFile(disk);

    await writeBlock(disk, 2, noise('changed', blockSizeBytes));
    // Events that were written although the engine heard of a broken connection stand once.
    server.faults.arm('append', { kind: 'cut-after' }, 2);
    const second = await backUp(vault.engine);
    assert.equal(second.summary.status, 'succeeded');
    assert.deepEqual(readModes(second), ['changed']);
    assert.equal(blockTotals(second).read, 1);

    assert.ok(firstPoint !== undefined);
    const opened = await openVault({ folder, passphrase: () => Promise.resolve(testPassphrase) });
    const restored = path.join(temporary.path, 'restored');
    const target = opened.imageFolder({ folder: restored, existing: 'refuse' });
    const restore = await opened.engine.startRestore({ pointId: firstPoint.pointId, target });
    assert.equal((await restore.ended).status, 'succeeded');
    assert.equal(await sha256OfFile(path.join(restored, 'sda.img')), firstDigest);

    const replayed = await Array.fromAsync(
      opened.engine.replay(second.summary.sessionId),
      ({ event }) => event,
    );
    assert.deepEqual(replayed, second.events);
    assert.equal((await opened.engine.listSessions()).length, 3);
    await opened.close();
  });

  it('keeps the location in its marker, and nothing of its ledger in the folder', async () => {
    const { folder, eventStore } = await create('marked', 'our_vault');
    const { repositoryId, ...marker } = JSON.parse(
      await readFile(vaultLayout(folder).marker, 'utf8'),
    ) as Readonly<Record<string, unknown>>;
    assert.equal(typeof repositoryId, 'string');
    assert.deepEqual(marker, {
      format: 'snapledger-vault',
      version: 2,
      eventStore: { kind: 'kurrentdb', location: server.url, namespace: 'our_vault' },
    });
    assert.deepEqual(eventStore, {
      kind: 'kurrentdb',
      location: server.url,
      namespace: 'our_vault',
    });
    await assert.rejects(readFile(vaultLayout(folder).ledger), { code: 'ENOENT' });
  });

  it('shows a reader of the server what each event says', () => {
    const started = server.log.events.find(({ type }) => type === 'SessionStarted');
    assert.ok(started !== undefined);
    assert.match(started.stream, /^snapledger_[0-9a-f]{16}\.session-/);
    const metadata = JSON.parse(Buffer.from(started.metadata).toString('utf8')) as {
      readonly ledger: { readonly schemaVersion: number };
      readonly summary: Readonly<Record<string, unknown>>;
    };
    const { schemaVersion } = backupCatalogue.SessionStarted;
    assert.equal(metadata.ledger.schemaVersion, schemaVersion);
    assert.equal(metadata.summary['instanceId'], 'web-1');
    assert.deepEqual(metadata.summary, summariseEvent(started));
  });

  it('sees nothing of another vault on the same server', async () => {
    const { folder } = await create('other');
    const opened = await openVault({ folder, passphrase: () => Promise.resolve(testPassphrase) });
    assert.deepEqual(await opened.engine.listSessions(), []);
    await opened.close();
  });

  it('refuses a namespace that holds a ledger, and leaves nothing behind', async () => {
    const { folder } = await create('taken', 'taken');
    const disk = path.join(temporary.path, 'small.img');
    await makeDisk(disk, ['x']);
    await using vault = await openTestVault(folder);
    await addTestInstance(vault, [disk]);
    await assert.rejects(create('late', 'taken'), {
      code: 'VAULT_EXISTS',
      message: /the namespace taken of the event store holds a ledger already/,
    });
    await assert.rejects(readFile(vaultLayout(path.join(temporary.path, 'late')).marker), {
      code: 'ENOENT',
    });
  });
});
