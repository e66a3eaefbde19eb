import { rmdir } from 'node:fs/promises';
import { hasErrno, isAbsent } from '../../platform/errno.ts';
import { foldersUpTo } from './object-path.ts';

/**
 * Removes `folder` and the folders above it as far as they are empty; never `root` itself. A
 * creator who loses its folder this way makes it again.
 */
export async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  for (const path of foldersUpTo(root, folder)) {
    if (path === root) return;
    try {
      await rmdir(path);
    } catch (error) {
      if (hasErrno(error, 'ENOTEMPTY', 'EEXIST')) return;
      if (!isAbsent(error)) throw error;
    }
  }
}
