import { dirname, join } from 'node:path';
import type { ObjectKey } from '../../ports/object-store.ts';

/**
 * Where half-written objects are. No key can name it, because keys have no `~`; everything else
 * in the folder is laid out as the keys say, so that a plain copy of it is a whole repository.
 */
export const temporaryFolderName = '~tmp';

/** Only the user of the engine may read a repository: names of objects tell about its content. */
export const folderMode = 0o700;
export const fileMode = 0o600;

/** The file of an object. `key` must be valid: that is what keeps the path inside `root`. */
export function objectPath(root: string, key: ObjectKey): string {
  return join(root, ...key.split('/'));
}

/** The folder of a path in the store, and all folders above it up to `root`, deepest first. */
export function foldersUpTo(root: string, folder: string): readonly string[] {
  const folders = [folder];
  let current = folder;
  while (current !== root && current !== dirname(current)) {
    current = dirname(current);
    folders.push(current);
  }
  return folders;
}
