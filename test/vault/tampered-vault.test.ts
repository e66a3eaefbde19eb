import assert from 'node:assert/strict';
import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { ledgerSchema } from '../../src/adapters/sqlite/event-store/ledger-schema.ts';
import type { SessionId } from '../../src/domain/identifiers.ts';
import type { LedgerProof } from '../../src/engine/audit/ledger-proof.ts';
import { backUp, finished } from '../support/vault/back-up.ts';
import { web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault } from '../support/vault/open-test-vault.ts';
import { prepareVault, type PreparedVault } from '../support/vault/prepared-vault.ts';

describe('a vault whose files somebody changed', { timeout: 240_000 }, () => {
  let prepared: PreparedVault;
  before(async () => {
    prepared = await prepareVault({ policy: { transport: 'direct' } });
  });
  after(async () => {
    await prepared[Symbol.asyncDispose]();
  });

  /** What the audit says after somebody ran SQL on the ledger, and put its guards back. */
  async function verifiedAfter(sql: string): Promise<LedgerProof> {
    const folder = await prepared.copy();
    const database = new DatabaseSync(path.join(folder, 'ledger.sqlite'));
    const triggers = ledgerSchema.filter((one) => one.sql.startsWith('CREATE TRIGGER'));
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
    database.exec(sql);
    for (const { sql: trigger } of triggers) database.exec(trigger);
    database.close();
    await using vault = await openTestVault(folder);
    return await vault.engine.audit.verify();
  }

  async function session(): Promise<SessionId> {
    await using vault = await openTestVault(await prepared.copy());
    const [one] = await vault.engine.listSessions();
    assert.ok(one !== undefined);
    return one.sessionId;
  }

  it('names a record whose actor is another', async () => {
    const { findings, size } = await verifiedAfter(
      `UPDATE events SET metadata = json_set(metadata, '$.actor', 'somebody else')
       WHERE stream LIKE 'session-%' AND revision = 2`,
    );
    const [{ kind, stream, revision } = {}, ...more] = findings;
    assert.deepEqual([kind, revision, more.length], ['store-record-altered', 2, 0]);
    assert.equal(stream, `session-${await session()}`);
    assert.ok(size > 0);
  });

  it('names the last record of a session when it is the one that is altered', async () => {
    const { findings } = await verifiedAfter(
      `UPDATE events SET type = 'SessionFailed' WHERE type = 'SessionCompleted'`,
    );
    const [{ kind, message } = {}] = findings;
    assert.equal(kind, 'store-record-altered');
    assert.match(message ?? '', /^event \d+ of the stream 'session-/);
  });

  it('names a session, and a claim, that are gone', async () => {
    const gone = await verifiedAfter(`DELETE FROM events WHERE stream LIKE 'session-%'`);
    const [first] = gone.findings;
    assert.deepEqual([first?.kind, first?.revision], ['store-record-missing', 0]);
    const claim = await verifiedAfter(`DELETE FROM events WHERE type = 'SessionReleased'`);
    assert.deepEqual(
      claim.findings.map(({ kind, stream, revision }) => [kind, stream, revision]),
      [['store-record-missing', `instance-${web1}`, 2]],
    );
  });

  it('tells of an older copy of the ledger, and no session is sealed over it', async () => {
    const folder = await prepared.copy();
    const ledger = path.join(folder, 'ledger.sqlite');
    const older = path.join(prepared.temporaryFolder, 'older.sqlite');
    await copyFile(ledger, older);
    {
      await using vault = await openTestVault(folder);
      await backUp(vault.engine);
    }
    for (const suffix of ['', '-wal', '-shm']) await rm(ledger + suffix, { force: true });
    await copyFile(older, ledger);

    await using vault = await openTestVault(folder);
    const { findings } = await vault.engine.audit.verify();
    assert.deepEqual(new Set(findings.map(({ kind }) => kind)), new Set(['store-record-missing']));
    const running = await vault.engine.startBackup({ instanceId: web1 });
    assert.equal((await finished(running)).summary.status, 'succeeded');
    const seal = await running.sealed;
    assert.ok(seal.kind === 'unsealed');
    assert.equal(seal.problem.code, 'LEDGER_DIVERGED');
  });
});
