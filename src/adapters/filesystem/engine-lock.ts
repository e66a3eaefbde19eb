import { stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { hasErrno } from '../../platform/errno.ts';

/**
 * A lock on a file that the operating system gives back when its holder dies, however it dies, and
 * keeps for a holder that is stopped. Node has no call for such locks; SQLite does. The file stays
 * empty: it is locked and never written.
 *
 * Never open a lock file in any other way: by the rules of POSIX, closing it would take the locks
 * of the whole process with it, in silence.
 */
export interface FileLock {
  release(): void;
}

/** Primary result codes of SQLite: https://www.sqlite.org/rescode.html */
const sqliteBusy = 5;
const sqliteCantOpen = 14;
/** Each one more takes an engine that comes and goes at the wrong moment. */
const openAttemptsMax = 10;

/** Takes the lock for good, making the file if need be. Null when anybody else has or probes it. */
export async function tryLock(path: string): Promise<FileLock | null> {
  const lock = lockDatabase(new DatabaseSync(path), 'BEGIN EXCLUSIVE');
  if (lock === null || !(await isAbsentFile(path))) return lock;
  // its holder removed the file between our opening and locking it: nobody will see this lock
  lock.release();
  return null;
}

/**
 * Looks whether anybody holds the lock, without making the file. The probe's own lock is a shared
 * one, so probes of several processes do not take each other for the holder.
 */
export async function probeLock(path: string): Promise<'held' | 'free' | 'absent'> {
  for (let attempt = 1; ; attempt++) {
    if (await isAbsentFile(path)) return 'absent';
    try {
      return probeExisting(path);
    } catch (error) {
      // SQLite says the same of a file that just vanished and of one that it may not open
      if (resultCodeOf(error) !== sqliteCantOpen || attempt >= openAttemptsMax) throw error;
    }
  }
}

function probeExisting(path: string): 'held' | 'free' {
  const probe = lockDatabase(
    new DatabaseSync(existingFile(path)),
    // reading the schema is what takes the shared lock
    'BEGIN; SELECT count(*) FROM sqlite_schema',
  );
  probe?.release();
  return probe === null ? 'held' : 'free';
}

/** The database, so that SQLite opens it only when it exists. */
function existingFile(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set('mode', 'rw');
  return url;
}

function lockDatabase(database: DatabaseSync, statements: string): FileLock | null {
  try {
    // a journal on disk would be another file to clean up after a crash
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec(statements);
    return {
      release: () => {
        database.close();
      },
    };
  } catch (error) {
    database.close();
    if (resultCodeOf(error) === sqliteBusy) return null;
    throw error;
  }
}

function resultCodeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  // the low byte; extended codes say more in the bytes above
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null;
}

async function isAbsentFile(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return true;
    throw error;
  }
}
