import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { appendTogether } from '../../../../src/adapters/sqlite/event-store/append-events.ts';
import {
  type IfMissing,
  openLedgerDatabase,
} from '../../../../src/adapters/sqlite/event-store/ledger-database.ts';
import { toLedgerError } from '../../../../src/adapters/sqlite/event-store/ledger-error.ts';
import { ledgerSchemaVersion } from '../../../../src/adapters/sqlite/event-store/ledger-schema.ts';
import { openSqliteEventStore } from '../../../../src/adapters/sqlite/event-store/sqlite-event-store.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import type { EventStore, StreamName } from '../../../../src/ports/event-store.ts';
import {
  all,
  at,
  fill,
  newEvent,
  newEvents,
  rejects,
} from '../../../conformance/event-store/sample-events.ts';
import {
  mountSmallFileSystem,
  whyNoSmallFileSystem,
} from '../../../support/vault/small-file-system.ts';
import { atEnd, openLedger, openShell, temporaryLedgerPath } from './temporary-ledger.ts';

const stream = 'session-1' as StreamName;

describe('opening a ledger', () => {
  it('makes commits durable one by one', async (t) => {
    const { database } = openLedgerDatabase(await temporaryLedgerPath(t), {
      ifMissing: 'create',
      guards: 'required',
      sharing: 'with-others',
    });
    atEnd(t, () => {
      database.close();
    });
    assert.equal(database.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
    const full = 2;
    assert.equal(database.prepare('PRAGMA synchronous').get()?.['synchronous'], full);
  });

  it('lets nobody but the owner read the file and its companions', async (t) => {
    const path = await temporaryLedgerPath(t);
    const store = await openLedger(t, path);
    await store.append(stream, 'no-stream', newEvents(1));
    for (const suffix of ['', '-wal', '-shm']) {
      assert.equal((await stat(path + suffix)).mode & 0o777, 0o600, suffix);
    }
  });

  it('takes a path as it is, whatever it means in a URL', async (t) => {
    const path = join(dirname(await temporaryLedgerPath(t)), 'a ledger?mode=ro&x=%41#1 ü.db');
    const store = await openLedger(t, path);
    await store.append(stream, 'no-stream', newEvents(1));
    assert.ok(existsSync(path));
  });

  it('makes none where one is expected, and says that it is missing', async (t) => {
    const path = await temporaryLedgerPath(t);
    await rejects(openLedger(t, path, { ifMissing: 'fail' }), 'NOT_A_VAULT');
    assert.equal(existsSync(path), false);
  });

  it('says where it cannot make one', async (t) => {
    const path = await temporaryLedgerPath(t);
    await rejects(openLedger(t, join(path, 'ledger.db')), 'LEDGER_UNAVAILABLE');
    await rejects(openLedger(t, dirname(path)), 'LEDGER_UNAVAILABLE');
  });

  it('finishes a creation that was cut off', async (t) => {
    for (const begin of ['nothing written', 'journal mode set'] as const) {
      const path = await temporaryLedgerPath(t);
      await writeFile(path, '');
      if (begin === 'journal mode set') {
        const shell = openShell(t, path);
        shell.exec('PRAGMA journal_mode = WAL');
        shell.close();
      }
      await rejects(openLedger(t, path, { ifMissing: 'fail' }), 'LEDGER_CORRUPT');
      const store = await openLedger(t, path);
      await store.append(stream, 'no-stream', newEvents(1));
    }
  });
});

describe('the wrong file', () => {
  it('is refused and left as it is: a text', async (t) => {
    const path = await temporaryLedgerPath(t);
    const text = 'Dear diary, '.repeat(1_000);
    await writeFile(path, text);
    await rejects(openLedger(t, path), 'LEDGER_CORRUPT');
    assert.equal(await readFile(path, 'utf8'), text);
  });

  it("is refused and left as it is: another program's database", async (t) => {
    const path = await temporaryLedgerPath(t);
    const shell = openShell(t, path);
    shell.exec('CREATE TABLE bookmarks (url TEXT)');
    shell.close();
    const before = await readFile(path);
    await rejects(openLedger(t, path), 'LEDGER_CORRUPT');
    assert.deepEqual(await readFile(path), before);
  });

  it('is refused: the ledger of a newer engine', async (t) => {
    const path = await temporaryLedgerPath(t);
    await (await openLedger(t, path)).close();
    const shell = openShell(t, path);
    shell.exec(`PRAGMA user_version = ${ledgerSchemaVersion + 1}`);
    shell.close();
    await rejects(openLedger(t, path), 'VAULT_VERSION');
  });
});

describe('a damaged ledger', () => {
  it('is reported as such when a read meets the damage', async (t) => {
    const path = await temporaryLedgerPath(t);
    const store = await openLedger(t, path);
    await fill(store, stream, 600);
    await store.close();
    const { size } = await stat(path);
    const file = await open(path, 'r+');
    // All but the pages of the schema.
    await file.write(new Uint8Array(size - 16_384).fill(0xa5), 0, size - 16_384, 16_384);
    await file.close();
    const damaged = await openLedger(t, path);
    await rejects(all(damaged.readAll()), 'LEDGER_CORRUPT');
    await rejects(damaged.append(stream, at(599), newEvents(1)), 'LEDGER_CORRUPT');
  });
});

const unable = await whyNoSmallFileSystem();
const mebibyte = 1024 * 1024;

describe('a full disk', () => {
  it('fails an append as a whole, and the ledger goes on when there is room again', async (t) => {
    const path = await temporaryLedgerPath(t);
    const ledger = openLedgerDatabase(path, {
      ifMissing: 'create',
      guards: 'required',
      sharing: 'with-others',
    });
    atEnd(t, () => {
      ledger.database.close();
    });
    appendTogether(ledger, [{ stream, expectedRevision: 'no-stream', events: newEvents(1) }]);
    // A limit of this one connection, which SQLite answers as it answers a full disk.
    const pages = ledger.database.prepare('PRAGMA page_count').get()?.['page_count'];
    ledger.database.exec(`PRAGMA max_page_count = ${Number(pages) + 5}`);
    const events = [newEvent(), newEvent({ data: new Uint8Array(100_000) })];
    const large = [{ stream, expectedRevision: at(0), events }];
    assert.throws(
      () => appendTogether(ledger, large),
      (error) => toLedgerError(error, path).code === 'STORE_FULL',
    );
    const reader = new DatabaseSync(path, { readOnly: true });
    atEnd(t, () => {
      reader.close();
    });
    assert.equal(reader.prepare('SELECT count(*) AS n FROM events').get()?.['n'], 1);
    ledger.database.exec('PRAGMA max_page_count = 4294967294');
    assert.deepEqual(appendTogether(ledger, large), [
      { kind: 'appended', result: { revision: 2 } },
    ]);
  });

  it(
    'lets a ledger be read, by one process at a time, and refuses only what has no room',
    { skip: unable },
    async () => {
      await using fileSystem = await mountSmallFileSystem(mebibyte);
      const path = join(fileSystem.path, 'ledger.sqlite');
      const open = (ifMissing: IfMissing): Promise<EventStore> =>
        openSqliteEventStore({ path, clock: systemClock, ifMissing });
      const first = await open('create');
      await first.append(stream, 'no-stream', newEvents(3));
      await first.close();
      const filler = join(fileSystem.path, 'filler');
      await assert.rejects(writeFile(filler, Buffer.alloc(mebibyte)), { code: 'ENOSPC' });

      const [one, other] = [await open('fail'), await open('fail')];
      assert.equal((await all(one.readStream(stream))).length, 3);
      assert.equal((await all(other.readAll())).length, 3);
      await rejects(one.append(stream, at(2), newEvents(1)), 'STORE_FULL');
      assert.equal((await all(other.readStream(stream))).length, 3);

      await rm(filler);
      assert.deepEqual(await one.append(stream, at(2), newEvents(1)), { revision: 3 });
      assert.equal((await all(other.readStream(stream))).length, 4);
      assert.ok(existsSync(`${path}-shm`), 'they share memory again');
      await one.close();
      await other.close();
      await rejects(all(one.readAll()), 'LEDGER_UNAVAILABLE');
    },
  );

  it('is told from a failing one when a ledger is to be made there', { skip: unable }, async () => {
    await using fileSystem = await mountSmallFileSystem(mebibyte);
    const filler = join(fileSystem.path, 'filler');
    await assert.rejects(writeFile(filler, Buffer.alloc(mebibyte + 1)), { code: 'ENOSPC' });
    const path = join(fileSystem.path, 'ledger.sqlite');
    await rejects(
      openSqliteEventStore({ path, clock: systemClock, ifMissing: 'create' }),
      'STORE_FULL',
    );
    await rm(filler);
    const store = await openSqliteEventStore({ path, clock: systemClock, ifMissing: 'create' });
    assert.deepEqual(await store.append(stream, 'no-stream', newEvents(1)), { revision: 0 });
    await store.close();
  });

  it(
    'is one too that has no room for a further file: the companions of a ledger are files',
    { skip: unable },
    async () => {
      await using fileSystem = await mountSmallFileSystem(mebibyte, { inodesMax: 4 });
      const path = join(fileSystem.path, 'ledger.sqlite');
      const open = (): Promise<EventStore> =>
        openSqliteEventStore({ path, clock: systemClock, ifMissing: 'create' });
      await (await open()).close();
      const fillers = [1, 2].map((number) => join(fileSystem.path, `filler ${number}`));
      for (const filler of fillers) await writeFile(filler, '');
      await rejects(open(), 'STORE_FULL');
      for (const filler of fillers) await rm(filler);
      await (await open()).close();
    },
  );

  it('is not said of a disk that fails, or of a file that cannot be opened, where there is room', async (t) => {
    const path = await temporaryLedgerPath(t);
    const nowhere = join(path, 'no folder', 'ledger.sqlite');
    for (const { errcode, message } of sqliteErrors) {
      for (const place of [path, nowhere]) {
        const error = toLedgerError(sqliteError(errcode), place);
        assert.equal(error.code, 'LEDGER_UNAVAILABLE');
        assert.match(error.message, message);
      }
    }
  });

  it('is said of the same errors where there is none', { skip: unable }, async () => {
    await using fileSystem = await mountSmallFileSystem(mebibyte);
    const path = join(fileSystem.path, 'ledger.sqlite');
    const filler = join(fileSystem.path, 'filler');
    await assert.rejects(writeFile(filler, Buffer.alloc(mebibyte + 1)), { code: 'ENOSPC' });
    for (const { errcode } of sqliteErrors) {
      assert.equal(toLedgerError(sqliteError(errcode), path).code, 'STORE_FULL');
    }
    const failedRead = 266;
    assert.equal(toLedgerError(sqliteError(failedRead), path).code, 'LEDGER_UNAVAILABLE');
  });
});

/** What SQLite says both for want of room and for other reasons: IOERR_SHMSIZE and CANTOPEN. */
const sqliteErrors = [
  { errcode: 4_874, message: /^The disk failed under the ledger/ },
  { errcode: 14, message: /cannot be opened for reading and writing/ },
] as const;

function sqliteError(errcode: number): Error {
  return Object.assign(new Error('said by SQLite'), { code: 'ERR_SQLITE_ERROR', errcode });
}
