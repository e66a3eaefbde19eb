import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { openSqliteEventStore } from '../../../../src/adapters/sqlite/event-store/sqlite-event-store.ts';
import type { SqliteEventStoreOptions } from '../../../../src/adapters/sqlite/event-store/sqlite-event-store.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import type { EventStore } from '../../../../src/ports/event-store.ts';

/** The path of a ledger that is not there yet, in a folder that goes with the test. */
export async function temporaryLedgerPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'snapledger-ledger-'));
  atEnd(t, () => rm(folder, { recursive: true }));
  return join(folder, 'ledger.db');
}

/** Opens a ledger for the time of the test. */
export async function openLedger(
  t: TestContext,
  path: string,
  options: Partial<SqliteEventStoreOptions> = {},
): Promise<EventStore> {
  const store = await openSqliteEventStore({
    path,
    clock: systemClock,
    ifMissing: 'create',
    ...options,
  });
  atEnd(t, () => store.close());
  return store;
}

/** Opens the file as anybody could with the sqlite3 shell. */
export function openShell(t: TestContext, path: string): DatabaseSync {
  const shell = new DatabaseSync(path, { timeout: 5_000 });
  atEnd(t, () => {
    if (shell.isOpen) shell.close();
  });
  return shell;
}

type Action = () => void | Promise<void>;
const actions = new WeakMap<TestContext, Action[]>();

/** Does it when the test has ended, the last one first: node:test would remove folders in use. */
export function atEnd(t: TestContext, action: Action): void {
  const ofTest = actions.get(t) ?? [];
  if (ofTest.length === 0) {
    actions.set(t, ofTest);
    t.after(async () => {
      for (const each of ofTest.toReversed()) await each();
    });
  }
  ofTest.push(action);
}
