import assert from 'node:assert/strict';
import { cp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { formatPlug, plainFormat } from '../../demo/plain-format/plain-format.ts';
import { optionsOn } from '../../src/conformance/format-bench.ts';
import { createFilePresence } from '../../src/adapters/filesystem/file-presence.ts';
import { isSnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { EngineId } from '../../src/domain/identifiers.ts';
import { recordHash } from '../../src/engine/ledger/record-hash.ts';
import type { AskFormats } from '../../src/format/format-plug.ts';
import { createVault } from '../../src/vault/create-vault.ts';
import { nativeFormat } from '../../src/vault/formats.ts';
import { recoverVault } from '../../src/vault/recover-vault.ts';
import { openVaultObjectStore } from '../../src/vault/vault-object-store.ts';
import type { EventStore } from '../../src/ports/event-store.ts';
import { backUp, blockTotals, readModes } from '../support/vault/back-up.ts';
import { noise, writeBlock } from '../support/vault/disk-image.ts';
import { openTestVault, testPassphrase } from '../support/vault/open-test-vault.ts';
import { prepareVault, type PreparedVault } from '../support/vault/prepared-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { deviceOf, web1 } from '../support/vault/make-test-vault.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';

const formats: AskFormats = () => Promise.resolve([formatPlug]);
const unencrypted = 'accept';

/** Every record of a store, stream by stream, by its hash. */
async function hashesOf(eventStore: EventStore): Promise<readonly string[]> {
  const hashes: string[] = [];
  for await (const record of eventStore.readAll()) {
    hashes.push(`${record.stream} ${recordHash(record.stream, record.revision, record)}`);
  }
  return hashes.toSorted();
}

describe('recovering a ledger from its repository', { timeout: 240_000 }, () => {
  let prepared: PreparedVault;
  before(async () => {
    prepared = await prepareVault({ policy: { transport: 'direct' } });
  });
  after(async () => {
    await prepared[Symbol.asyncDispose]();
  });

  it('gives back every record, and backups go on with changed blocks, when only the ledger is lost', async () => {
    const folder = await prepared.copy();
    let records: readonly string[] = [];
    {
      await using vault = await openTestVault(folder);
      records = await hashesOf(vault.dependencies.eventStore);
    }
    for (const suffix of ['', '-wal', '-shm']) {
      await rm(path.join(folder, `ledger.sqlite${suffix}`), { force: true });
    }
    // What a program left that was killed as it wrote the key.
    const unfinished = 'sensitive.key.unfinished-4711';
    await writeFile(path.join(folder, unfinished), 'ab');
    const repository = path.join(folder, 'repository');
    const recovery = await recoverVault({ repository, folder, passphrase: testPassphrase });
    assert.equal((await readdir(folder)).includes(unfinished), false);
    assert.equal(recovery.sessions, 1);
    assert.deepEqual(recovery.pointsWithoutSession, []);

    await using vault = await openTestVault(folder);
    assert.deepEqual(await hashesOf(vault.dependencies.eventStore), records);
    const session = await backUp(vault.engine);
    assert.equal(session.summary.status, 'succeeded');
    assert.deepEqual(readModes(session), ['changed']);
    assert.equal(blockTotals(session).stored, 2);
    const proof = await vault.engine.audit.verify();
    assert.deepEqual(proof.findings, []);
    assert.deepEqual(proof.unsealedSessions, []);
  });

  it('works on an empty machine: the disk is added again, is read whole, and only changes are stored', async () => {
    const lost = await prepared.copy();
    const repository = path.join(prepared.temporaryFolder, 'bucket');
    await rename(path.join(lost, 'repository'), repository);
    await rm(lost, { recursive: true });
    const folder = path.join(prepared.temporaryFolder, 'empty-machine');
    await recoverVault({ repository, folder, passphrase: testPassphrase });

    await using vault = await openTestVault(folder);
    await vault.cloud.addInstance({
      instanceId: web1,
      volumes: [{ device: deviceOf(0), imagePath: prepared.diskPath }],
    });
    const before = await Array.fromAsync(vault.engine.listPoints());
    assert.equal(before.length, 1);
    const session = await backUp(vault.engine);
    assert.equal(session.summary.status, 'succeeded', JSON.stringify(session.summary.problems));
    const { stored, read } = blockTotals(session);
    assert.deepEqual({ stored, read }, { stored: 2, read: 4 });
    assert.deepEqual((await vault.engine.audit.verify()).findings, []);
    const { pointId } = session.summary;
    assert.ok(pointId !== null);
    assert.deepEqual(await restoredDigests(vault, pointId), [prepared.diskDigest]);
  });

  it('loses what no session had sealed, and says which points that leaves without one', async () => {
    const folder = await prepared.copy();
    const older = path.join(prepared.temporaryFolder, 'older-ledger');
    await cp(path.join(folder, 'repository', 'ledger'), older, { recursive: true });
    let pointId = '';
    {
      await using vault = await openTestVault(folder);
      await writeBlock(prepared.diskPath, 3, noise('once more', blockSizeBytes));
      const session = await backUp(vault.engine);
      pointId = session.summary.pointId ?? '';
    }
    // As if the engine had died between the commit of the point and the end of its session.
    await rm(path.join(folder, 'repository', 'ledger'), { recursive: true });
    await rename(older, path.join(folder, 'repository', 'ledger'));
    await rm(path.join(folder, 'ledger.sqlite'));
    await rm(path.join(folder, 'checkpoints'));
    // What a program left that was killed as it wrote the key.
    const unfinished = 'sensitive.key.unfinished-4711';
    await writeFile(path.join(folder, unfinished), 'ab');
    const repository = path.join(folder, 'repository');
    const recovery = await recoverVault({ repository, folder, passphrase: testPassphrase });
    assert.equal((await readdir(folder)).includes(unfinished), false);
    assert.equal(recovery.sessions, 1);
    assert.deepEqual(
      recovery.pointsWithoutSession.map((one) => one.pointId),
      [pointId],
    );
    await using vault = await openTestVault(folder);
    const session = await backUp(vault.engine);
    assert.equal(session.summary.status, 'succeeded');
    assert.equal((await Array.fromAsync(vault.engine.listPoints())).length, 3);
  });

  it('keeps to the format of a vault that is there, whatever else the repository says it is', async () => {
    const folder = await prepared.copy();
    await rm(path.join(folder, 'ledger.sqlite'));
    const repository = path.join(folder, 'repository');
    const recover = (): Promise<unknown> =>
      recoverVault({ repository, folder, passphrase: testPassphrase, formats, unencrypted });
    const root = repository;
    const { objectStore, close } = await openVaultObjectStore({ kind: 'filesystem', root });
    await plainFormat.createRepository(optionsOn(objectStore, testPassphrase));
    const { headerKey } = nativeFormat.format;
    const header = await objectStore.get(headerKey);

    await objectStore.delete(headerKey);
    await assert.rejects(recover(), {
      code: 'NOT_A_REPOSITORY',
      message: "the vault is of the storage format 'strata', and this repository of 'plain'",
    });
    await objectStore.create(headerKey, header);
    close();
    await recover();

    await using vault = await openTestVault(folder);
    assert.deepEqual((await vault.engine.audit.verify()).findings, []);
  });

  it('makes a new vault in a format that does not encrypt only when that is accepted', async () => {
    const made = path.join(prepared.temporaryFolder, 'plain');
    await createVault({
      folder: made,
      passphrase: testPassphrase,
      format: 'plain',
      formats,
      unencrypted,
    });
    const folder = path.join(prepared.temporaryFolder, 'plain-again');
    const repository = path.join(made, 'repository');
    const options = { repository, folder, passphrase: testPassphrase, formats };

    await assert.rejects(recoverVault(options), {
      code: 'INVALID_ARGUMENT',
      message: /'plain' does not encrypt/,
      remedy: /--unencrypted/,
    });
    // What is accepted goes on, to where there is nothing yet that could be recovered.
    await assert.rejects(recoverVault({ ...options, unencrypted }), { code: 'NOTHING_SEALED' });
  });

  it('is refused where a ledger is, with the wrong passphrase, and from nothing; and leaves nothing', async () => {
    const folder = await prepared.copy();
    const repository = path.join(folder, 'repository');
    const passphrase = testPassphrase;
    await assert.rejects(recoverVault({ repository, folder, passphrase }), {
      code: 'VAULT_EXISTS',
    });
    const fresh = path.join(prepared.temporaryFolder, 'refused');
    await assert.rejects(recoverVault({ repository, folder: fresh, passphrase: 'wrong' }), {
      code: 'WRONG_PASSPHRASE',
    });
    const nowhere = path.join(prepared.temporaryFolder, 'no-repository');
    await assert.rejects(recoverVault({ repository: nowhere, folder: fresh, passphrase }), {
      code: 'NOT_A_REPOSITORY',
    });
    await rm(path.join(repository, 'ledger'), { recursive: true });
    await assert.rejects(recoverVault({ repository, folder: fresh, passphrase }), {
      code: 'NOTHING_SEALED',
    });
    await assert.rejects(readdir(fresh), { code: 'ENOENT' });
  });

  it('lets one of two recoveries into one folder at the same moment go on, and the other says why it does not', async () => {
    const folder = await prepared.copy();
    const repository = path.join(folder, 'repository');
    await rename(path.join(folder, 'ledger.sqlite'), path.join(folder, '..', 'lost.sqlite'));
    const passphrase = testPassphrase;
    for (const target of [folder, path.join(prepared.temporaryFolder, 'by-two')]) {
      const settled = await Promise.allSettled([
        recoverVault({ repository, folder: target, passphrase }),
        recoverVault({ repository, folder: target, passphrase }),
      ]);
      const refused = settled.filter((one) => one.status === 'rejected');
      assert.equal(refused.length, 1, `one of two recoveries into ${target}`);
      const reason: unknown = refused[0]?.reason;
      assert.ok(isSnapledgerError(reason));
      assert.equal(reason.code, 'VAULT_BUSY');
      assert.ok(!(await readdir(target)).includes('recovery.lock'));
    }
    await using again = await openTestVault(folder);
    assert.deepEqual(readModes(await backUp(again.engine)), ['changed']);
  });

  it('goes on where a program was killed that recovered into the folder', async () => {
    const folder = await prepared.copy();
    const repository = path.join(folder, 'repository');
    await rm(path.join(folder, 'ledger.sqlite'));
    await writeFile(path.join(folder, 'recovery.lock'), '');
    await recoverVault({ repository, folder, passphrase: testPassphrase });
    assert.ok(!(await readdir(folder)).includes('recovery.lock'));
  });

  it('puts no ledger in the place of one that a living program writes to', async () => {
    const folder = await prepared.copy();
    const repository = path.join(folder, 'repository');
    const presence = createFilePresence({ folder: path.join(folder, 'engines') });
    const engine = randomUUID() as EngineId;
    await rename(path.join(folder, 'ledger.sqlite'), path.join(folder, '..', 'moved.sqlite'));
    await presence.announce(engine);
    const options = { repository, folder, passphrase: testPassphrase };
    await assert.rejects(recoverVault(options), {
      code: 'VAULT_BUSY',
      message: /has the vault .* open/,
    });
    await presence.leave(engine);
    await recoverVault(options);
  });

  it('says of a place where no vault can be why, and leaves nothing there', async () => {
    const folder = await prepared.copy();
    const repository = path.join(folder, 'repository');
    const file = path.join(prepared.temporaryFolder, 'a-file');
    await writeFile(file, '');
    const places = [
      [file, /ENOTDIR/],
      [path.join(file, 'below'), /ENOTDIR/],
      ['/proc/nowhere', /ENOENT/],
      [path.join(repository, 'vault'), /lies in the repository/],
      [repository, /lies in the repository/],
    ] as const;
    for (const [place, message] of places) {
      const options = { repository, folder: place, passphrase: testPassphrase };
      await assert.rejects(recoverVault(options), { code: 'INVALID_ARGUMENT', message });
    }
    assert.ok(!(await readdir(repository)).includes('vault'));
  });
});
