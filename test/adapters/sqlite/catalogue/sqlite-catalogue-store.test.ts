import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import {
  catalogueIndexes,
  catalogueSchemaVersion,
} from '../../../../src/adapters/sqlite/catalogue/catalogue-schema.ts';
import { createSqliteCatalogueStore } from '../../../../src/adapters/sqlite/catalogue/sqlite-catalogue-store.ts';
import type { CatalogueStore } from '../../../../src/ports/catalogue-store.ts';
import {
  catalogueStoreConformance,
  checkpointAt,
  sessionRow,
} from '../../../conformance/catalogue-store.ts';
import {
  mountSmallFileSystem,
  whyNoSmallFileSystem,
} from '../../../support/vault/small-file-system.ts';

const unable = await whyNoSmallFileSystem();
const mebibyte = 1024 * 1024;

catalogueStoreConformance('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'snapledger-catalogue-'));
  return {
    store: createSqliteCatalogueStore({ folder }),
    openAnother: () => createSqliteCatalogueStore({ folder }),
    dispose: () => rm(folder, { recursive: true }),
  };
});

describe('a catalogue in a file', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapledger-catalogue-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function filled(name: string): Promise<CatalogueStore> {
    const store = createSqliteCatalogueStore({ folder: join(folder, name) });
    await fill(store);
    return store;
  }

  async function fill(store: CatalogueStore): Promise<void> {
    const sessions = [sessionRow('a')];
    const advance = { from: null, to: checkpointAt(1), sessions, claims: [], unreadable: [] };
    assert.equal(await store.advance(advance), 'advanced');
  }

  it('is there when it is opened again', async () => {
    await (await filled('again')).close();
    const again = createSqliteCatalogueStore({ folder: join(folder, 'again') });
    assert.deepEqual(await again.checkpoint(), checkpointAt(1));
    await again.close();
  });

  it('that is damaged is unusable, and a new one takes its place', async () => {
    await (await filled('damaged')).close();
    const current = join(folder, 'damaged', 'current');
    const [file = ''] = await readdir(current);
    await writeFile(join(current, file), Buffer.alloc(8_192, 7));
    const store = createSqliteCatalogueStore({ folder: join(folder, 'damaged') });
    await assert.rejects(store.checkpoint(), { code: 'CATALOGUE_UNUSABLE', retry: 'permanent' });
    await store.startAnew();
    assert.equal(await store.checkpoint(), null);
    await fill(store);
    await store.close();
    assert.deepEqual(await readdir(join(folder, 'damaged')), ['current']);
    const again = createSqliteCatalogueStore({ folder: join(folder, 'damaged') });
    assert.deepEqual(await again.checkpoint(), checkpointAt(1));
    await again.close();
  });

  it('leaves those who have an older file open with what belongs together', async () => {
    const one = await filled('two');
    const other = createSqliteCatalogueStore({ folder: join(folder, 'two') });
    await other.startAnew();
    await fill(other);
    const to = checkpointAt(2);
    const advance = {
      from: checkpointAt(1),
      to,
      sessions: [sessionRow('b')],
      claims: [],
      unreadable: [],
    };
    assert.equal(await one.advance(advance), 'advanced');
    assert.deepEqual(await one.checkpoint(), to);
    assert.deepEqual(await other.checkpoint(), checkpointAt(1));
    await one.close();
    await other.close();
  });

  it('is kept in memory where no file can be made', async () => {
    const place = join(folder, 'no-folder');
    await writeFile(place, 'a file');
    const store = createSqliteCatalogueStore({ folder: place });
    await assert.rejects(store.checkpoint(), { code: 'CATALOGUE_UNUSABLE' });
    await store.startAnew();
    await fill(store);
    assert.deepEqual(await store.checkpoint(), checkpointAt(1));
    await store.close();
  });

  it('is left as it is where there is no room, and kept in memory', { skip: unable }, async () => {
    await using fileSystem = await mountSmallFileSystem(mebibyte);
    const place = join(fileSystem.path, 'catalogue');
    const before = createSqliteCatalogueStore({ folder: place });
    await fill(before);
    await before.close();
    const filler = join(fileSystem.path, 'filler');
    await assert.rejects(writeFile(filler, Buffer.alloc(mebibyte)), { code: 'ENOSPC' });

    const store = createSqliteCatalogueStore({ folder: place });
    await assert.rejects(store.checkpoint(), { code: 'CATALOGUE_UNUSABLE' });
    await store.startAnew();
    assert.equal(await store.checkpoint(), null);
    await fill(store);
    assert.equal((await store.instances()).length, 1);
    await store.close();

    await rm(filler);
    const later = createSqliteCatalogueStore({ folder: place });
    assert.deepEqual(await later.checkpoint(), checkpointAt(1), 'it is there again');
    await later.close();
  });

  it(
    'that is damaged where there is no room is replaced by one in memory, the second time',
    { skip: unable },
    async () => {
      await using fileSystem = await mountSmallFileSystem(mebibyte);
      const place = join(fileSystem.path, 'catalogue');
      await mkdir(join(place, 'current'), { recursive: true });
      const file = join(place, 'current', `catalogue-${catalogueSchemaVersion}.sqlite`);
      await writeFile(file, Buffer.alloc(8_192, 7));
      await assert.rejects(writeFile(join(fileSystem.path, 'filler'), Buffer.alloc(mebibyte)), {
        code: 'ENOSPC',
      });
      const store = createSqliteCatalogueStore({ folder: place });
      for (const which of ['the damaged file', 'a new one']) {
        await assert.rejects(store.checkpoint(), { code: 'CATALOGUE_UNUSABLE' }, which);
        await store.startAnew();
      }
      await fill(store);
      assert.deepEqual(await store.checkpoint(), checkpointAt(1));
      await store.close();
    },
  );

  it('can be read by nobody else', async () => {
    const open = join(folder, 'private');
    await mkdir(open);
    await chmod(open, 0o755);
    const store = await filled('private');
    await store.close();
    const { mode } = await import('node:fs/promises').then(({ stat }) =>
      stat(join(open, 'current')),
    );
    assert.equal(mode & 0o077, 0);
  });
});

describe('the lists of a catalogue', () => {
  const queries: readonly [string, string][] = [
    ['a page of all', 'SELECT * FROM sessions WHERE ordinal < 9 ORDER BY ordinal DESC LIMIT 2'],
    [
      'a page of one instance',
      "SELECT * FROM sessions WHERE instance_id = 'a' AND ordinal < 9 ORDER BY ordinal DESC LIMIT 2",
    ],
    [
      'what runs now',
      "SELECT * FROM sessions LEFT JOIN claims USING (session_id) WHERE status = 'running' ORDER BY ordinal LIMIT 2",
    ],
    ['a beginning', "SELECT * FROM item_names WHERE id >= 'a' AND id < 'b' ORDER BY id LIMIT 2"],
  ];
  let folder: string;
  let store: CatalogueStore;
  let file: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapledger-catalogue-'));
    store = createSqliteCatalogueStore({ folder });
    const sessions = [sessionRow('a')];
    await store.advance({ from: null, to: checkpointAt(1), sessions, claims: [], unreadable: [] });
    file = join(folder, 'current', `catalogue-${catalogueSchemaVersion}.sqlite`);
  });
  after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  function indexes(): readonly string[] {
    const database = new DatabaseSync(file);
    const rows = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
      .all();
    database.close();
    return rows.map(({ name }) => String(name)).toSorted();
  }

  it('have their indexes from the first question on, until all is cleared', async () => {
    const all = Object.keys(catalogueIndexes).toSorted();
    assert.deepEqual(indexes(), []);
    await store.instances();
    assert.deepEqual(indexes(), all);
    await store.clear();
    assert.deepEqual(indexes(), []);
    await store.claims('');
    assert.deepEqual(indexes(), all);
  });

  it('say the same while another process keeps them from being indexed', async () => {
    await store.clear();
    const sessions = [sessionRow('a')];
    const advance = { from: null, to: checkpointAt(1), sessions, claims: [], unreadable: [] };
    assert.equal(await store.advance(advance), 'advanced');
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    assert.deepEqual(await store.sessionIds('session-', 9), ['session-a']);
    other.exec('ROLLBACK');
    other.close();
    assert.deepEqual(indexes(), []);
    assert.deepEqual(await store.sessionIds('session-', 9), ['session-a']);
    assert.notDeepEqual(indexes(), []);
  });

  for (const [what, sql] of queries) {
    it(`find ${what} by an index, without a scan or a sort`, async () => {
      await store.instances();
      const database = new DatabaseSync(file);
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
      const steps = plan.map(({ detail }) => String(detail));
      assert.ok(steps.length > 0);
      assert.deepEqual(
        steps.filter((step) => step.startsWith('SCAN') || step.includes('TEMP B-TREE')),
        [],
      );
      database.close();
    });
  }
});
