import { link, lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { ObjectBody } from '../../ports/object-body.ts';
import { objectExists, objectKeyIsFolder } from '../../ports/object-store-errors.ts';
import type { ObjectKey } from '../../ports/object-store.ts';
import type { DurableFolders } from './durable-folders.ts';
import { hasErrno } from '../../platform/errno.ts';
import { folderMode, objectPath } from './object-path.ts';
import type { ProcessIdentity } from '../../platform/process-identity.ts';
import { removeEmptyFolders } from './remove-empty-folders.ts';
import { type TemporaryFile, writeTemporaryFile } from './temporary-file.ts';

/** What the parts of one open store share. */
export interface OpenStore {
  readonly root: string;
  readonly temporaryFolder: string;
  readonly self: ProcessIdentity;
  readonly durable: DurableFolders;
}

/** Each one more takes a folder that was removed, or a file that was swept, at the wrong moment. */
const linkAttemptsMax = 64;
const writeAttemptsMax = 3;

/**
 * Create-once: the body goes into a temporary file and to disk, and only then gets its name, by
 * link(2), which fails when the name is taken. So an object is whole from the first moment that
 * anybody can see it, and of many creators exactly one wins.
 *
 * @throws OBJECT_EXISTS, OBJECT_KEY_INVALID, STORE_UNAVAILABLE, and what the file system throws
 */
export async function createObject(
  store: OpenStore,
  key: ObjectKey,
  body: ObjectBody,
): Promise<void> {
  const path = objectPath(store.root, key);
  if (await isTaken(path, key)) return await rejectAsTaken(store, key, path);
  for (let attempt = 1; attempt <= writeAttemptsMax; attempt++) {
    await using temporary = await writeTemporaryFile(store.temporaryFolder, store.self, body);
    const outcome = await giveName(store, temporary, key, path);
    switch (outcome) {
      case 'created': {
        await makeDurable(store, key, path);
        return;
      }
      case 'taken':
        return await rejectAsTaken(store, key, path);
      case 'swept':
        continue;
    }
  }
  throw new SnapledgerError(
    'STORE_UNAVAILABLE',
    `cannot create object "${key}" in ${store.root}: its temporary file was removed ` +
      `${writeAttemptsMax} times while it was written`,
    {
      retry: 'retryable',
      remedy: `Find out what removes files from ${store.temporaryFolder}.`,
      details: { key },
    },
  );
}

type Outcome = 'created' | 'taken' | 'swept';

async function giveName(
  store: OpenStore,
  temporary: TemporaryFile,
  key: ObjectKey,
  path: string,
): Promise<Outcome> {
  await using undo = new AsyncDisposableStack();
  undo.defer(() => removeEmptyFolders(store.root, dirname(path)));
  const outcome = await linkIntoFolder(temporary, key, path);
  if (outcome === 'created') undo.move();
  return outcome;
}

async function linkIntoFolder(
  temporary: TemporaryFile,
  key: ObjectKey,
  path: string,
): Promise<Outcome> {
  for (let attempt = 1; attempt <= linkAttemptsMax; attempt++) {
    try {
      await mkdir(dirname(path), { recursive: true, mode: folderMode });
      await link(temporary.path, path);
      return 'created';
    } catch (error) {
      if (hasErrno(error, 'EEXIST', 'ENOTDIR')) {
        const holder = await holderOf(temporary, path, key);
        if (holder === 'nobody') continue;
        return holder === 'own' ? 'created' : 'taken';
      }
      if (!hasErrno(error, 'ENOENT')) throw error;
      // Either the folder was removed, because its last object was, or the temporary file was.
      if ((await temporary.handle.stat()).nlink === 0) return 'swept';
    }
  }
  throw new SnapledgerError(
    'STORE_UNAVAILABLE',
    `cannot create object "${key}": its folder was removed ${linkAttemptsMax} times meanwhile`,
    { retry: 'retryable', remedy: 'Try again.', details: { key } },
  );
}

/**
 * Whose file has the name. `own`: over NFS the answer to a link that worked can be lost, and the
 * client's second try then says that the name is taken. `nobody`: it was removed since; or it was
 * `mkdir` that failed, which says that a folder exists when another caller removes that folder
 * under its hands.
 */
async function holderOf(
  temporary: TemporaryFile,
  path: string,
  key: ObjectKey,
): Promise<'own' | 'another' | 'nobody'> {
  if (!(await isTaken(path, key))) return 'nobody';
  const own = await temporary.handle.stat({ bigint: true });
  if (own.nlink < 2n) return 'another';
  const named = await lstat(path, { bigint: true });
  return named.ino === own.ino && named.dev === own.dev ? 'own' : 'another';
}

/** @throws OBJECT_KEY_INVALID when a folder has the name, or a file is where its folder would be */
async function isTaken(path: string, key: ObjectKey): Promise<boolean> {
  try {
    if ((await lstat(path)).isDirectory()) throw objectKeyIsFolder(key);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    if (hasErrno(error, 'ENOTDIR')) throw objectKeyIsFolder(key);
    throw error;
  }
}

/**
 * Who is told that an object exists may rely on it, so it has to survive a power failure from
 * then on; its creator may not have got that far, or have died.
 */
async function rejectAsTaken(store: OpenStore, key: ObjectKey, path: string): Promise<never> {
  await makeDurable(store, key, path);
  throw objectExists(key);
}

/** From here on the object can be seen, so no error may promise that nothing was left behind. */
async function makeDurable(store: OpenStore, key: ObjectKey, path: string): Promise<void> {
  try {
    await store.durable.sync(dirname(path));
  } catch (cause) {
    throw new SnapledgerError(
      'STORE_UNAVAILABLE',
      `the object "${key}" is in ${store.root}, but it cannot be made sure that it stays there`,
      {
        cause,
        retry: 'retryable',
        remedy: 'Check the disk, then do it again: the object may be found to exist already.',
        details: { key },
      },
    );
  }
}
