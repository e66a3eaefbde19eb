import { mkdir, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSnapledgerError, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { EngineId } from '../../domain/identifiers.ts';
import type { EnginePresence } from '../../ports/engine-presence.ts';
import { type FileLock, probeLock, tryLock } from './engine-lock.ts';
import { hasErrno } from '../../platform/errno.ts';
import { folderMode } from './object-path.ts';

/** Others hold the folder's lock, or probe an engine's, for microseconds at a time. */
const lockWaitMaxMs = 2_000;
const lockRetryMs = 10;

const engineIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The locks that this process holds, by path. Kept here and not in an object that a caller could
 * drop: a lock that is garbage collected is released, and a living engine would be taken for dead.
 */
const heldLocks = new Map<string, FileLock>();

/**
 * Presence of engines that run on one machine: each holds the lock on `<engineId>.lock` in
 * `folder`, which must be on a local disk. The files of the dead are removed by whoever finds them.
 *
 * Making a file and locking it are two steps, and so are probing and removing one. Both pairs
 * happen under the folder's own lock, so the file of an engine that is just being announced is
 * never removed. Probing alone needs no lock.
 *
 * Its methods reject with INVALID_ARGUMENT for an id that is no UUID, or that another living
 * process has announced, and with PRESENCE_UNAVAILABLE: never take that for "not present".
 */
export function createFilePresence(options: { readonly folder: string }): EnginePresence {
  const folder = resolve(options.folder);

  return {
    async announce(engine) {
      const path = lockPath(folder, engine);
      if (heldLocks.has(path)) return;
      await withPresenceErrors(`announce engine ${engine} in ${folder}`, async () => {
        await mkdir(folder, { recursive: true, mode: folderMode });
        const folderLock = await lockFolder(folder);
        try {
          if (heldLocks.has(path)) return;
          heldLocks.set(path, await lockForEngine(path, engine));
        } finally {
          folderLock.release();
        }
      });
    },

    async isPresent(engine) {
      const path = lockPath(folder, engine);
      return await withPresenceErrors(`look for engine ${engine} in ${folder}`, async () => {
        const found = await probeLock(path);
        if (found === 'free') await removeIfDead(folder, path);
        return found === 'held';
      });
    },

    async leave(engine) {
      const path = lockPath(folder, engine);
      const lock = heldLocks.get(path);
      if (lock === undefined) return;
      await withPresenceErrors(`take engine ${engine} out of ${folder}`, async () => {
        // the file first: while the lock is held nobody else touches it
        await unlinkIfThere(path);
        heldLocks.delete(path);
        lock.release();
      });
    },
  };
}

function lockPath(folder: string, engine: EngineId): string {
  if (engineIdPattern.test(engine)) return join(folder, `${engine}.lock`);
  throw new SnapledgerError('INVALID_ARGUMENT', `${JSON.stringify(engine)} is no id of an engine`, {
    remedy: 'Give a UUID in lower case.',
  });
}

function folderLockPath(folder: string): string {
  return join(folder, 'folder.lock');
}

async function lockFolder(folder: string): Promise<FileLock> {
  const lock = await tryLockFor(folderLockPath(folder));
  if (lock !== null) return lock;
  throw new SnapledgerError(
    'PRESENCE_UNAVAILABLE',
    `another process has held ${folderLockPath(folder)} for ${lockWaitMaxMs} ms`,
    { retry: 'retryable', remedy: 'Look for an engine that is stopped (SIGSTOP) and continue it.' },
  );
}

async function lockForEngine(path: string, engine: EngineId): Promise<FileLock> {
  const lock = await tryLockFor(path);
  if (lock !== null) return lock;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `another process has announced engine ${engine} already and lives`,
    { remedy: 'Give every engine an id of its own.', details: { engine } },
  );
}

async function tryLockFor(path: string): Promise<FileLock | null> {
  for (let waitedMs = 0; ; waitedMs += lockRetryMs) {
    const lock = await tryLock(path);
    if (lock !== null || waitedMs >= lockWaitMaxMs) return lock;
    await sleep(lockRetryMs);
  }
}

/** Where the folder is being changed right now the file stays, for the next one who finds it. */
async function removeIfDead(folder: string, path: string): Promise<void> {
  const folderLock = await tryLock(folderLockPath(folder));
  if (folderLock === null) return;
  try {
    if ((await probeLock(path)) === 'free') await unlinkIfThere(path);
  } finally {
    folderLock.release();
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
  }
}

async function withPresenceErrors<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isSnapledgerError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SnapledgerError('PRESENCE_UNAVAILABLE', `cannot ${action}: ${reason}`, {
      cause,
      retry: 'retryable',
      remedy: 'Let this user read and write that folder, on a local disk that is not full.',
    });
  }
}
