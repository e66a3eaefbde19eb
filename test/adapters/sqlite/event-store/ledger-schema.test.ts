import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { DatabaseSync } from 'node:sqlite';
import { ledgerSchema } from '../../../../src/adapters/sqlite/event-store/ledger-schema.ts';
import type { StreamName } from '../../../../src/ports/event-store.ts';
import { all, fill, metadata, rejects } from '../../../conformance/event-store/sample-events.ts';
import { openLedger, openShell, temporaryLedgerPath } from './temporary-ledger.ts';

const stream = 'session-1' as StreamName;

async function ledgerOfFive(t: TestContext): Promise<{ path: string; shell: DatabaseSync }> {
  const path = await temporaryLedgerPath(t);
  const store = await openLedger(t, path);
  await fill(store, stream, 5);
  await store.close();
  return { path, shell: openShell(t, path) };
}

function copyOf(position: number, revision: number): string {
  return `SELECT ${position}, stream, ${revision}, id, type, metadata, data FROM events`;
}

describe('the file of a ledger', () => {
  const appendOnly = /the ledger is append-only/;
  const neverFits = /append-only|constraint failed/;

  for (const [what, sql, refusal] of [
    ['changes no event', "UPDATE events SET type = 'x' WHERE revision = 4", appendOnly],
    ['changes no position', 'UPDATE OR REPLACE events SET position = 9', appendOnly],
    ['removes no event', 'DELETE FROM events WHERE revision = 4', appendOnly],
    ['is not emptied', 'DELETE FROM events', appendOnly],
    ['replaces no event', `REPLACE INTO events ${copyOf(5, 4)} WHERE revision = 4`, appendOnly],
    ['does not move an event', `REPLACE INTO events ${copyOf(6, 5)} LIMIT 1`, appendOnly],
    [
      'changes no event by an upsert',
      `INSERT INTO events ${copyOf(5, 4)} WHERE revision = 4
       ON CONFLICT DO UPDATE SET type = 'x'`,
      appendOnly,
    ],
    [
      'takes no event that leaves a gap in its stream',
      `INSERT INTO events VALUES (6, '${stream}', 6, 'new', 'x', '{}', x'')`,
      appendOnly,
    ],
    [
      'takes no event that leaves a gap in the order of all',
      `INSERT INTO events VALUES (7, '${stream}', 5, 'new', 'x', '{}', x'')`,
      appendOnly,
    ],
    [
      'takes no metadata that is not JSON',
      `INSERT INTO events VALUES (6, '${stream}', 5, 'new', 'x', 'none', x'')`,
      neverFits,
    ],
  ] as const) {
    it(`${what}, whoever asks`, async (t) => {
      const { path, shell } = await ledgerOfFive(t);
      assert.throws(() => {
        shell.exec(sql);
      }, refusal);
      shell.close();
      const store = await openLedger(t, path);
      assert.equal((await all(store.readStream(stream))).length, 5);
    });
  }

  it('can be read by an auditor with SQL alone', async (t) => {
    const { shell } = await ledgerOfFive(t);
    const row = shell
      .prepare("SELECT count(*) AS n, min(metadata ->> '$.actor') AS actor FROM events")
      .get();
    assert.deepEqual({ ...row }, { n: 5, actor: metadata.actor });
  });

  for (const { name } of ledgerSchema.filter(({ sql }) => sql.startsWith('CREATE TRIGGER'))) {
    it(`is not trusted any more without ${name}`, async (t) => {
      const { path, shell } = await ledgerOfFive(t);
      shell.exec(`DROP TRIGGER ${name}`);
      shell.close();
      await rejects(openLedger(t, path), 'LEDGER_CORRUPT');
    });
  }

  it('is not read over an event that somebody has cut out, in either direction', async (t) => {
    const { path, shell } = await ledgerOfFive(t);
    const guard = ledgerSchema.find(({ name }) => name === 'events_stay');
    assert.ok(guard !== undefined);
    shell.exec(`DROP TRIGGER events_stay; DELETE FROM events WHERE revision = 2; ${guard.sql}`);
    shell.close();
    const store = await openLedger(t, path);
    await rejects(all(store.readStream(stream)), 'LEDGER_CORRUPT');
    await rejects(all(store.readStream(stream, { direction: 'backwards' })), 'LEDGER_CORRUPT');
  });

  it('is not read where metadata was overwritten', async (t) => {
    const { path, shell } = await ledgerOfFive(t);
    const guard = ledgerSchema.find(({ name }) => name === 'events_never_change');
    assert.ok(guard !== undefined);
    shell.exec(`DROP TRIGGER events_never_change; UPDATE events SET metadata = '{}'; ${guard.sql}`);
    shell.close();
    const store = await openLedger(t, path);
    await rejects(all(store.readAll()), 'LEDGER_CORRUPT');
  });
});
