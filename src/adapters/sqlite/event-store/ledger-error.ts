import { hasErrno } from '../../../platform/errno.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { isFileSystemFull } from './is-file-system-full.ts';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html); the low byte of a code. */
const sqlite = {
  perm: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** An extended code: the memory that the connections share could not be made larger. */
const sharedMemorySize = 4_874;

/** What to do about a ledger that cannot be believed any more. */
export const restoreLedgerRemedy =
  'Keep the file elsewhere for an examination, and put a sound copy in its place or rebuild it: snapledger recover --repository VAULT/repository --vault VAULT.';

/** What a session needs that could not be recorded to its end. */
const resumeRemedy =
  "Then 'snapledger resume' brings what was interrupted to its end, and removes what that has left.";

/** Another connection holds the lock, or is recovering the file after a crash. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === sqlite.busy || code === sqlite.locked;
}

/** Nothing is wrong with what is stored, but it cannot be written to now: it is locked, or has no room or no permission. */
export function cannotWriteNow(error: unknown): boolean {
  const reason = reasonOf(error);
  const code = primaryCode(reason);
  return code === undefined ? isSystemError(reason) : notNow.has(code);
}

const notNow: ReadonlySet<number> = new Set([
  sqlite.perm,
  sqlite.busy,
  sqlite.locked,
  sqlite.readOnly,
  sqlite.ioError,
  sqlite.full,
  sqlite.cannotOpen,
]);

/** Of a transaction that could not even be rolled back, the first error is the reason. */
function reasonOf(error: unknown): unknown {
  return error instanceof AggregateError ? error.errors[0] : error;
}

/** Gives an error of SQLite or of the file system its meaning for the ledger at `path`. */
export function toLedgerError(error: unknown, path: string): SnapledgerError {
  if (error instanceof SnapledgerError) return error;
  const reason = reasonOf(error);
  const said = reason instanceof Error ? reason.message : String(reason);
  const details = { path };
  switch (primaryCode(reason)) {
    case sqlite.busy:
    case sqlite.locked:
      return new SnapledgerError(
        'LEDGER_UNAVAILABLE',
        `The ledger ${path} stayed locked by another process (${said}).`,
        {
          cause: error,
          details,
          retry: 'retryable',
          remedy:
            'Try again; if it goes on, look for a program that holds the file in an open transaction, such as a sqlite3 shell.',
        },
      );
    case sqlite.full:
      return noRoom(error, path, said);
    case sqlite.corrupt:
    case sqlite.notADatabase:
      return new SnapledgerError(
        'LEDGER_CORRUPT',
        `The ledger ${path} is damaged, or is no ledger at all (${said}).`,
        { cause: error, details, remedy: restoreLedgerRemedy },
      );
    case sqlite.ioError:
      if (extendedCode(reason) === sharedMemorySize && isFileSystemFull(path)) {
        return noRoom(error, path, said);
      }
      return new SnapledgerError(
        'LEDGER_UNAVAILABLE',
        `The disk failed under the ledger ${path} (${said}).`,
        {
          cause: error,
          details,
          retry: 'retryable',
          remedy: `Check the disk and the file system. ${resumeRemedy}`,
        },
      );
    case sqlite.cannotOpen:
      return isFileSystemFull(path) ? noRoom(error, path, said) : notAccessible(error, path, said);
    case sqlite.perm:
    case sqlite.readOnly:
      return notAccessible(error, path, said);
    case undefined:
      if (hasErrno(reason, 'ENOSPC') || hasErrno(reason, 'EDQUOT'))
        return noRoom(error, path, said);
      if (isSystemError(reason)) return notAccessible(error, path, said);
      break;
  }
  return new SnapledgerError('INTERNAL', `Unexpected failure at the ledger ${path}: ${said}`, {
    cause: error,
    details,
  });
}

function noRoom(cause: unknown, path: string, said: string): SnapledgerError {
  return new SnapledgerError('STORE_FULL', `There is no room for the ledger ${path} (${said}).`, {
    cause,
    details: { path },
    remedy: `Make room on its file system. ${resumeRemedy}`,
  });
}

function notAccessible(cause: unknown, path: string, said: string): SnapledgerError {
  return new SnapledgerError(
    'LEDGER_UNAVAILABLE',
    `The ledger ${path} cannot be opened for reading and writing (${said}).`,
    {
      cause,
      details: { path },
      remedy: 'Check that its folder exists and that this user may write to it and to the file.',
    },
  );
}

function primaryCode(error: unknown): number | undefined {
  const code = extendedCode(error);
  return code === undefined ? undefined : code & 0xff;
}

function extendedCode(error: unknown): number | undefined {
  if (!hasErrno(error, 'ERR_SQLITE_ERROR')) return undefined;
  return 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
