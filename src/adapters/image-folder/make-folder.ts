import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrno } from '../../platform/errno.ts';

/**
 * Makes a folder and those above it; fine when it is there. Node's own recursive `mkdir` never ends
 * in a place like /proc, where the parent exists and nothing can be made.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (hasErrno(error, 'EEXIST') && (await stat(path)).isDirectory()) return;
    if (!hasErrno(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}
