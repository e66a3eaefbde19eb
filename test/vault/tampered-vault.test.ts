import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { appendFile, copyFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { ledgerSchema } from '../../src/adapters/sqlite/event-store/ledger-schema.ts';
import type { SessionId } from '../../src/domain/identifiers.ts';
import { genesisHash, recordHash } from '../../src/engine/ledger/record-hash.ts';
import type { StreamName } from '../../src/ports/event-store.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import type { LedgerProof } from '../../src/engine/audit/ledger-proof.ts';
import { backUp, finished } from '../support/vault/back-up.ts';
import { web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, testPassphrase } from '../support/vault/open-test-vault.ts';
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

  for (const field of ['approvedBy', 'constructor']) {
    it(`names a record to whose metadata '${field}' was added, which no hash covers`, async () => {
      const { findings } = await verifiedAfter(
        `UPDATE events SET metadata = json_set(metadata, '$.${field}', 'somebody')
         WHERE stream LIKE 'session-%' AND revision = 2`,
      );
      const [{ kind, stream, revision, message } = {}, ...more] = findings;
      assert.deepEqual([kind, revision, more.length], ['store-record-strange', 2, 0]);
      assert.equal(stream, `session-${await session()}`);
      assert.match(message ?? '', new RegExp(`has '${field}' in its metadata: no program writes`));
    });
  }

  it('names a record of which a field is there twice, with another word for who reads it otherwise', async () => {
    const { findings } = await verifiedAfter(
      `UPDATE events SET metadata = replace(metadata, '"actor":', '"actor":"somebody","actor":')
       WHERE stream LIKE 'session-%' AND revision = 2`,
    );
    assert.match(findings[0]?.message ?? '', /has metadata that are not as they were written/);
    assert.equal(findings[0]?.stream, `session-${await session()}`);
  });

  it('names what was inserted also where the guards of the ledger were not put back', async () => {
    const folder = await prepared.copy();
    const database = new DatabaseSync(path.join(folder, 'ledger.sqlite'));
    database.exec('DROP TRIGGER events_only_at_the_end');
    database.exec(
      `INSERT INTO events SELECT (SELECT max(position) + 1 FROM events), 'evil-1', 0,
         '${randomUUID()}', type, metadata, data FROM events WHERE revision = 0 LIMIT 1`,
    );
    database.close();
    const passphrase = () => Promise.resolve(testPassphrase);
    const vault = await openVault({ folder, passphrase, purpose: 'examine' });
    try {
      const { findings, unsealed } = await vault.engine.audit.verify();
      const kinds = findings.map(({ kind, stream }) => `${kind} ${stream ?? ''}`);
      assert.ok(kinds.includes('store-broken '), kinds.join());
      assert.ok(kinds.includes('store-record-strange evil-1'), kinds.join());
      assert.deepEqual(
        unsealed.map(({ stream }) => stream),
        ['evil-1'],
      );
    } finally {
      await vault.close();
    }
  });

  it('names the record also where the guards of the ledger were not put back, and takes no event', async () => {
    const folder = await prepared.copy();
    const database = new DatabaseSync(path.join(folder, 'ledger.sqlite'));
    database.exec('DROP TRIGGER events_stay');
    database.exec(`DELETE FROM events WHERE stream LIKE 'session-%' AND revision = 2`);
    database.close();
    await assert.rejects(openTestVault(folder), { code: 'LEDGER_CORRUPT' });
    const passphrase = () => Promise.resolve(testPassphrase);
    const vault = await openVault({ folder, passphrase, purpose: 'examine' });
    try {
      const { findings } = await vault.engine.audit.verify();
      assert.deepEqual(
        findings.map(({ kind, revision }) => [kind, revision]),
        [
          ['store-broken', 2],
          ['store-broken', undefined],
        ],
      );
      assert.match(findings[1]?.message ?? '', /has lost or changed "events_stay"/);
      const backup = vault.engine.startBackup({ instanceId: web1 });
      await assert.rejects(backup, { code: 'LEDGER_CORRUPT' });
    } finally {
      await vault.close();
    }
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

  /** Appends events to streams of the store, well chained, as who can write to it can. */
  async function verifiedAfterAppend(
    ...inserted: readonly (readonly [stream: string, type: string])[]
  ): Promise<LedgerProof> {
    const folder = await prepared.copy();
    await using vault = await openTestVault(folder);
    const { eventStore } = vault.dependencies;
    const [any] = await Array.fromAsync(eventStore.readAll({ limit: 1 }));
    assert.ok(any !== undefined);
    for (const [name, type] of inserted) {
      const stream = name as StreamName;
      const newest = { direction: 'backwards', limit: 1 } as const;
      const [last] = await Array.fromAsync(eventStore.readStream(stream, newest));
      const { data, metadata } = last ?? any;
      const previousHash =
        last === undefined ? genesisHash : recordHash(stream, last.revision, last);
      const event = { id: randomUUID(), type, data, metadata: { ...metadata, previousHash } };
      await eventStore.append(stream, last?.revision ?? 'no-stream', [event]);
    }
    return await vault.engine.audit.verify();
  }

  it('names an event behind the end of a session, whether its type is known or not', async () => {
    const stream = `session-${await session()}`;
    for (const type of ['SessionCompleted', 'CancellationRequested', 'Invented']) {
      const { findings, size } = await verifiedAfterAppend([stream, type]);
      assert.deepEqual(
        findings.map((one) => [one.kind, one.stream]),
        [['store-record-strange', stream]],
      );
      assert.match(
        findings[0]?.message ?? '',
        new RegExp(`^event \\d+ .*\\(${type}\\) stands behind`),
      );
      assert.ok(size > 0, 'what is sealed is proven');
    }
  });

  it('names a session that says that it is another, and a stream that no ledger has', async () => {
    const forged = 'session-99999999-0000-4000-8000-000000000000';
    const sessionId = await session();
    const { findings, unsealedSessions } = await verifiedAfter(
      `INSERT INTO events (id, stream, revision, type, data, metadata)
       SELECT 'forged', '${forged}', 0, type, data, metadata FROM events
       WHERE stream = 'session-${sessionId}' AND revision = 0`,
    );
    assert.deepEqual(
      findings.map(({ kind, stream, revision }) => [kind, stream, revision]),
      [['store-record-strange', forged, 0]],
    );
    assert.match(findings[0]?.message ?? '', new RegExp(`this is the session ${sessionId}`));
    assert.deepEqual(unsealedSessions, []);

    const unknown = await verifiedAfterAppend(['unheard-of', 'Invented']);
    assert.deepEqual(
      unknown.findings.map(({ kind, stream, revision }) => [kind, stream, revision]),
      [['store-record-strange', 'unheard-of', 0]],
    );
  });

  it('counts as not sealed what was inserted where a stream goes on', async () => {
    const { findings, unsealed } = await verifiedAfterAppend(
      [`instance-${web1}`, 'SessionReleased'],
      [`policy-${web1}`, 'PolicySet'],
      [`policy-${web1}`, 'PolicySet'],
    );
    assert.deepEqual(findings, []);
    assert.deepEqual(
      unsealed.map(({ stream, records }) => [stream, records]),
      [
        [`instance-${web1}`, 1],
        [`policy-${web1}`, 2],
      ],
    );
  });

  it('has the checkpoints of the vault missed when they are gone, and named when they are changed', async () => {
    const folder = await prepared.copy();
    const checkpoints = path.join(folder, 'checkpoints');
    await appendFile(checkpoints, 'garbage\n');
    {
      await using vault = await openTestVault(folder);
      const { findings, emptyWitnesses } = await vault.engine.audit.verify();
      assert.deepEqual(emptyWitnesses, []);
      assert.equal(findings[0]?.kind, 'witness-foreign');
      assert.match(findings[0].message, /^line 2 of '.*checkpoints' is no checkpoint/);
    }
    await rm(checkpoints);
    await using vault = await openTestVault(folder);
    const { findings, emptyWitnesses } = await vault.engine.audit.verify();
    assert.deepEqual(findings, []);
    assert.deepEqual(emptyWitnesses, [`'${checkpoints}'`]);
  });

  it('is sealed on, each record once, when marks were removed from its repository', async () => {
    const folder = await prepared.copy();
    const marks = path.join(folder, 'repository', 'ledger', 'streams');
    for (const gone of [`session-${await session()}`, `instance-${web1}`]) {
      await rm(path.join(marks, gone), { recursive: true });
      {
        await using vault = await openTestVault(folder);
        assert.equal((await vault.engine.audit.seal()).kind, 'sealed');
        const { findings, repeated, unsealed } = await vault.engine.audit.verify();
        assert.deepEqual(
          { findings, repeated, unsealed },
          { findings: [], repeated: 0, unsealed: [] },
        );
      }
      assert.ok((await readdir(marks)).includes(gone), 'and the mark is there again');
    }
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
