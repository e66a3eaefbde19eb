import { hasErrno } from '../../../platform/errno.ts';
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { restoreLedgerRemedy } from './ledger-error.ts';
import { lockSliceMs } from './ledger-limits.ts';
import {
  ledgerApplicationId,
  ledgerSchema,
  ledgerSchemaVersion,
  eventsTable,
} from './ledger-schema.ts';
import { prepareStatements } from './ledger-statements.ts';
import type { LedgerStatements } from './ledger-statements.ts';
import { inWriteTransaction } from '../write-transaction.ts';
import { checkSqliteVersion } from './sqlite-version.ts';

/** What to do when there is no ledger yet: a missing one must never be replaced unnoticed. */
export type IfMissing = 'create' | 'fail';

/** Whether the triggers have to be there that keep events from being changed or removed. */
export type LedgerGuards = 'required' | 'missed';

/** `alone`: no other connection has the ledger open meanwhile, and no memory is shared, which takes room. */
export type LedgerSharing = 'with-others' | 'alone';

/** How a ledger is opened. */
export interface LedgerOpening {
  readonly ifMissing: IfMissing;
  readonly guards: LedgerGuards;
  readonly sharing: LedgerSharing;
}

/** One connection to a ledger. */
export interface LedgerDatabase {
  readonly database: DatabaseSync;
  readonly statements: LedgerStatements;
  /** Which trigger is not as it was made, where that may be; null: all are. */
  readonly unguarded: SnapledgerError | null;
}

/**
 * Opens the file as a ledger, durable with every commit, and makes it first if it may. Whatever
 * moment a creation is cut off at, a later one with `create` finishes it.
 *
 * @throws NOT_A_VAULT when there is none and none may be made, VAULT_VERSION, LEDGER_CORRUPT,
 *   RUNTIME_TOO_OLD, and errors of SQLite and of the file system as they are.
 */
export function openLedgerDatabase(
  path: string,
  { ifMissing, guards, sharing }: LedgerOpening,
): LedgerDatabase {
  if (ifMissing === 'create') createFile(path);
  else if (statSync(path, { throwIfNoEntry: false }) === undefined) throw missing(path);
  const url = pathToFileURL(path);
  // Without this SQLite makes a file where there is none, with permissions of its own.
  url.searchParams.set('mode', 'rw');
  const database = new DatabaseSync(url, { timeout: lockSliceMs });
  try {
    // Before anything is read: the connection shares no memory then (https://sqlite.org/wal.html#noshm).
    if (sharing === 'alone') database.exec('PRAGMA locking_mode = EXCLUSIVE');
    prepare(database, path, ifMissing);
    const changed = changedObject(database);
    const unguarded =
      changed === null
        ? null
        : corrupt(
            path,
            `has lost or changed "${changed}", so that its events may have been altered`,
          );
    if (unguarded !== null && (guards === 'required' || changed === eventsTable)) throw unguarded;
    return { database, statements: prepareStatements(database), unguarded };
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepare(database: DatabaseSync, path: string, ifMissing: IfMissing): void {
  checkSqliteVersion(textOf(database, 'SELECT sqlite_version()'));
  // Before anything is written: the file may belong to somebody else.
  const found = identify(database, path);
  if (found === 'empty' && ifMissing === 'fail') {
    throw corrupt(path, 'is empty, which a ledger never is');
  }
  const mode = textOf(database, 'PRAGMA journal_mode = WAL');
  if (mode !== 'wal') {
    throw new SnapledgerError(
      'LEDGER_UNAVAILABLE',
      `The file system of the ledger ${path} offers no shared memory (journal mode "${mode}").`,
      { remedy: 'Keep the ledger on a local file system.', details: { path } },
    );
  }
  database.exec('PRAGMA synchronous = FULL');
  // Only on macOS, where a plain fsync does not reach the disk; elsewhere without effect.
  database.exec('PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON');
  if (found === 'empty') {
    inWriteTransaction(database, () => {
      // Another process may have been quicker.
      if (identify(database, path) === 'empty') createSchema(database);
    });
    syncFolder(path);
  }
}

function identify(database: DatabaseSync, path: string): 'ledger' | 'empty' {
  const applicationId = integerOf(database, 'PRAGMA application_id');
  const version = integerOf(database, 'PRAGMA user_version');
  if (applicationId === ledgerApplicationId) {
    if (version === ledgerSchemaVersion) return 'ledger';
    if (version > ledgerSchemaVersion) throw tooNew(path, version);
    throw corrupt(path, `says that its version is ${version}, which never was`);
  }
  const objects = integerOf(database, 'SELECT count(*) FROM sqlite_schema');
  if (applicationId === 0 && version === 0 && objects === 0) return 'empty';
  throw new SnapledgerError(
    'LEDGER_CORRUPT',
    `${path} is a SQLite database of another program, not a ledger.`,
    { remedy: 'Give the path of a ledger; this file was left as it is.', details: { path } },
  );
}

function createSchema(database: DatabaseSync): void {
  for (const object of ledgerSchema) database.exec(object.sql);
  database.exec(`PRAGMA application_id = ${ledgerApplicationId}`);
  database.exec(`PRAGMA user_version = ${ledgerSchemaVersion}`);
}

/** The name of the first object that is not as it was made, or null. */
function changedObject(database: DatabaseSync): string | null {
  const statement = database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?');
  const changed = ledgerSchema.find(({ name, sql }) => statement.get(name)?.['sql'] !== sql);
  return changed?.name ?? null;
}

/**
 * Makes an empty file that only its owner can read; SQLite gives its companions the same mode. An
 * existing ledger is never opened here: closing any descriptor of it would drop the locks that
 * SQLite holds on it in this process.
 */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return;
    throw error;
  }
}

/** Makes the name of a new file durable; its content is SQLite's concern. */
function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function valueOf(database: DatabaseSync, sql: string): unknown {
  return Object.values(database.prepare(sql).get() ?? {})[0];
}

function textOf(database: DatabaseSync, sql: string): string {
  return String(valueOf(database, sql));
}

function integerOf(database: DatabaseSync, sql: string): number {
  return Number(valueOf(database, sql));
}

function missing(path: string): SnapledgerError {
  return new SnapledgerError('NOT_A_VAULT', `There is no ledger at ${path}.`, {
    remedy:
      'Give the path of an existing vault. If its ledger is lost, rebuild it: snapledger recover --repository VAULT/repository --vault VAULT.',
    details: { path },
  });
}

function tooNew(path: string, version: number): SnapledgerError {
  return new SnapledgerError(
    'VAULT_VERSION',
    `The ledger ${path} has version ${version}; this engine knows up to ${ledgerSchemaVersion}.`,
    { remedy: 'Use the newer engine that wrote it.', details: { path, version } },
  );
}

function corrupt(path: string, what: string): SnapledgerError {
  return new SnapledgerError('LEDGER_CORRUPT', `The ledger ${path} ${what}.`, {
    remedy: restoreLedgerRemedy,
    details: { path },
  });
}
