import { lstat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ObjectKey } from '../../ports/object-store.ts';
import type { OpenStore } from './create-object.ts';
import { hasErrno, isAbsent } from '../../platform/errno.ts';
import { objectPath } from './object-path.ts';
import { removeEmptyFolders } from './remove-empty-folders.ts';

/**
 * Removes the object, and the folders that are empty then. Durable when it resolves: what was
 * removed must not come back after a power failure, when other objects that it needs are gone.
 * That holds for an object that is gone already, too, because whoever removed it may have died.
 */
export async function deleteObject(store: OpenStore, key: ObjectKey): Promise<void> {
  const path = objectPath(store.root, key);
  await removeFileUnlessFolder(path);
  await removeEmptyFolders(store.root, dirname(path));
  await store.durable.sync(dirname(path));
}

async function removeFileUnlessFolder(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (isAbsent(error) || hasErrno(error, 'EISDIR')) return;
    // what macOS says of a folder
    if (hasErrno(error, 'EPERM') && (await lstat(path)).isDirectory()) return;
    throw error;
  }
}
