import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createSqliteCatalogueStore } from '../../../src/adapters/sqlite/catalogue/sqlite-catalogue-store.ts';
import { openSqliteEventStore } from '../../../src/adapters/sqlite/event-store/sqlite-event-store.ts';
import {
  fileSystemTypeOf,
  networkFileSystemOf,
} from '../../../src/adapters/sqlite/network-file-system.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';

/** As statfs(2) lists them. */
const types = [
  { type: 0x6969, name: 'NFS' },
  { type: 0x517b, name: 'SMB' },
  { type: 0xff534d42, name: 'SMB (CIFS)' },
  { type: 0xff534d42 | 0, name: 'SMB (CIFS)' },
  { type: 0xfe534d42, name: 'SMB (version 2 or later)' },
  { type: 0xef53, name: null },
  { type: 0x9123683e, name: null },
  { type: 0x01021994, name: null },
  { type: 0, name: null },
] as const;

describe('a file system', () => {
  for (const { type, name } of types) {
    it(`of type ${type} is ${name ?? 'none of a network'}`, () => {
      assert.equal(
        networkFileSystemOf('anywhere', () => type),
        name,
      );
    });
  }

  it('that cannot be told is none of a network: whoever uses it says what is wrong', () => {
    assert.equal(networkFileSystemOf('/no/such/folder', fileSystemTypeOf), null);
  });
});

describe('on a network file system', () => {
  const nfs = (): number => 0x6969;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapledger-network-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('a ledger is neither made nor opened, and it is said what to do', async () => {
    const path = join(folder, 'ledger.sqlite');
    const options = { path, clock: systemClock } as const;
    const refused = {
      code: 'LEDGER_UNAVAILABLE',
      retry: 'permanent',
      message: /ledger\.sqlite is on a network file system, NFS/,
      remedy: /local disk.*KurrentDB/,
    };
    const made = openSqliteEventStore({ ...options, ifMissing: 'create', fileSystemTypeOf: nfs });
    await assert.rejects(made, refused);
    assert.equal(existsSync(path), false);
    await (await openSqliteEventStore({ ...options, ifMissing: 'create' })).close();
    const { mtimeMs } = await stat(path);
    const opened = openSqliteEventStore({ ...options, ifMissing: 'fail', fileSystemTypeOf: nfs });
    await assert.rejects(opened, refused);
    assert.equal((await stat(path)).mtimeMs, mtimeMs);
  });

  it('a catalogue is kept in memory', async () => {
    const place = join(folder, 'catalogue');
    const store = createSqliteCatalogueStore({ folder: place, fileSystemTypeOf: nfs });
    assert.equal(await store.checkpoint(), null);
    assert.deepEqual(await store.instances(), []);
    await store.close();
    assert.equal(existsSync(place), false);
  });
});
