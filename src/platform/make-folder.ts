import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrno } from './errno.ts';

/**
 * Makes a folder and those above it; fine when it is there. Node's own recursive `mkdir` never ends
 * in a place like /proc, where the parent exists and nothing can be made.
 *
 * @param mode of each folder that is made; default: as the process has it
 * @throws errors of the file system as they are
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (error) {
    if (!hasErrno(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeFolder(dirname(path), mode);
    await makeOne(path, mode);
  }
}

async function makeOne(path: string, mode: number | undefined): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    if (!hasErrno(error, 'EEXIST') || !(await stat(path)).isDirectory()) throw error;
  }
}
