import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { catalogueSchema, catalogueSchemaVersion } from './catalogue-schema.ts';

/** Far longer than a batch of rows takes; the indexes of a large ledger may take longer. */
const busyTimeoutMs = 2_000;

/** Pages of 4 KiB that its log grows to before they are moved; each move waits for the disk. */
const logPagesMax = 8_192;

const cacheSizeKib = 8_192;

/** Opens the catalogue in `folder`, making both if need be. Errors of SQLite come as they are. */
export function openCatalogueDatabase(folder: string): DatabaseSync {
  const current = currentFolder(folder);
  mkdirSync(current, { recursive: true, mode: 0o700 });
  const path = join(current, `catalogue-${catalogueSchemaVersion}.sqlite`);
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
  try {
    database.exec('PRAGMA journal_mode = WAL');
    // What a power cut takes away is made again from the ledger.
    database.exec('PRAGMA synchronous = NORMAL');
    database.exec(`PRAGMA wal_autocheckpoint = ${logPagesMax}`);
    database.exec(`PRAGMA cache_size = -${cacheSizeKib}`);
    database.exec(catalogueSchema);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A catalogue that is gone with this process, for where no file can be used. */
export function openCatalogueInMemory(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  database.exec(catalogueSchema);
  return database;
}

/**
 * Takes the files out of the way. The folder is renamed whole: whoever still has them open goes on
 * with files that belong together, and nobody opens a part of them.
 */
export function discardCatalogue(folder: string): void {
  const discarded = join(folder, `unusable-${randomUUID()}`);
  renameSync(currentFolder(folder), discarded);
  rmSync(discarded, { recursive: true, force: true });
}

function currentFolder(folder: string): string {
  return join(folder, 'current');
}
