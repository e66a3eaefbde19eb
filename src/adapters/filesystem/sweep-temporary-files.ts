import { lstat, opendir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno, isAbsent } from '../../platform/errno.ts';
import { conditionOf, type ProcessIdentity } from '../../platform/process-identity.ts';
import { ownerOfTemporaryFile } from './temporary-file-name.ts';

/**
 * Nothing is known of the processes of another machine, container or boot; after this time the
 * file is taken for left over. One object is written in seconds.
 */
const foreignFileMaxAgeMs = 24 * 60 * 60 * 1000;

/**
 * Removes the temporary files of processes that are dead.
 *
 * Taking a living process for dead costs time and nothing else: the file has no other name yet,
 * so its writer finds it gone and writes it again.
 */
export async function sweepTemporaryFiles(folder: string): Promise<void> {
  try {
    for await (const entry of await opendir(folder)) {
      const owner = ownerOfTemporaryFile(entry.name);
      if (owner !== null) await sweepFile(join(folder, entry.name), owner);
    }
  } catch (error) {
    // Absent: no object was written here yet. Not allowed: the store is open to be read only, and
    // rubbish does not stand in the way of that.
    if (!isAbsent(error) && !hasErrno(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
  }
}

async function sweepFile(path: string, owner: ProcessIdentity): Promise<void> {
  try {
    if (await isLeftOver(path, owner)) await unlink(path);
  } catch (error) {
    // its owner is done with it, or another process sweeps too
    if (!isAbsent(error)) throw error;
  }
}

async function isLeftOver(path: string, owner: ProcessIdentity): Promise<boolean> {
  switch (conditionOf(owner)) {
    case 'running':
      return false;
    case 'ended':
      return true;
    case 'other-namespace':
    case 'other-boot': {
      const { mtimeMs } = await lstat(path);
      return Date.now() - mtimeMs > foreignFileMaxAgeMs;
    }
  }
}
