import assert from 'node:assert/strict';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import {
  advanceCatalogue,
  isIndexed,
  prepareCatalogueWriter,
} from '../../../../src/adapters/sqlite/catalogue/advance-catalogue.ts';
import { openCatalogueDatabase } from '../../../../src/adapters/sqlite/catalogue/catalogue-database.ts';
import { catalogueSchemaVersion } from '../../../../src/adapters/sqlite/catalogue/catalogue-schema.ts';
import { indexWhenPossible } from '../../../../src/adapters/sqlite/catalogue/index-when-possible.ts';
import { checkpointAt, sessionRow } from '../../../conformance/catalogue-store.ts';

describe('the indexes of a catalogue', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapledger-indexes-'));
  });
  after(() => rm(folder, { recursive: true }));

  function filled(name: string): DatabaseSync {
    const database = openCatalogueDatabase(join(folder, name));
    const sessions = [sessionRow('a')];
    advanceCatalogue(prepareCatalogueWriter(database), {
      ...{ from: null, to: checkpointAt(1), sessions, claims: [], unreadable: [] },
    });
    return database;
  }

  function numberOf(database: DatabaseSync, sql: string): number {
    return Number(Object.values(database.prepare(sql).get() ?? assert.fail(sql))[0]);
  }

  const obstacles: readonly [what: string, put: (database: DatabaseSync) => void, away: string][] =
    [
      [
        'there is no room',
        (database) => {
          const pages = numberOf(database, 'PRAGMA page_count');
          database.exec(`PRAGMA max_page_count = ${pages}`);
        },
        'PRAGMA max_page_count = 100000',
      ],
      [
        'nothing may be written',
        (database) => {
          database.exec('PRAGMA query_only = ON');
        },
        'PRAGMA query_only = OFF',
      ],
    ];
  for (const [what, put, away] of obstacles) {
    it(`are left for later while ${what}`, () => {
      const database = filled(what);
      const writer = prepareCatalogueWriter(database);
      put(database);
      indexWhenPossible(database, writer);
      assert.equal(isIndexed(writer), false);
      assert.equal(database.isTransaction, false);
      assert.equal(numberOf(database, 'SELECT count(*) FROM sessions'), 1);
      database.exec(away);
      indexWhenPossible(database, writer);
      assert.equal(isIndexed(writer), true);
      database.close();
    });
  }

  it('are not made of rows that are damaged, which is said', async () => {
    const whole = filled('damaged');
    const pageBytes = numberOf(whole, 'PRAGMA page_size');
    const page = numberOf(whole, "SELECT rootpage FROM sqlite_schema WHERE name = 'sessions'");
    whole.close();
    const file = join(folder, 'damaged', 'current', `catalogue-${catalogueSchemaVersion}.sqlite`);
    const handle = await open(file, 'r+');
    await handle.write(Buffer.alloc(pageBytes, 7), 0, pageBytes, (page - 1) * pageBytes);
    await handle.close();
    const database = openCatalogueDatabase(join(folder, 'damaged'));
    assert.throws(() => {
      indexWhenPossible(database, prepareCatalogueWriter(database));
    }, /malformed/);
    database.close();
  });
});
