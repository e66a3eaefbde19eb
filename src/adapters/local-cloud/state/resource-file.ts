import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { namePattern } from '../local-ids.ts';
import { corruptStateError } from './corrupt-state-error.ts';
import { hasErrno } from '../../../platform/errno.ts';
import type { ResourcePlace } from './resource-folder.ts';
import { stateError } from './state-error.ts';
import { readStateFile } from './state-file.ts';
import type { StateRecord } from './state-record.ts';

/**
 * Reads the file that describes a resource; null when there is no such resource (a name that
 * none can have included, and what is no folder).
 *
 * @throws CLOUD_STATE_CORRUPT, also when the resource's folder is there without the file;
 *   STORE_UNAVAILABLE
 */
export async function readResource<T>(
  place: ResourcePlace,
  fileName: string,
  parse: (record: StateRecord) => T,
): Promise<T | null> {
  if (!namePattern.test(place.name)) return null;
  const folder = path.join(place.parent, place.name);
  const file = path.join(folder, fileName);
  // Twice, because the whole resource may be made or removed between the two looks.
  for (let look = 0; look < 2; look += 1) {
    if (!(await isFolder(folder))) return null;
    const value = await readStateFile(file, parse);
    if (value !== null) return value;
  }
  throw corruptStateError(file, 'is missing, and its folder is there');
}

/** A link counts, wherever it leads: what was moved to another disk is not gone while that one is away. */
async function isFolder(folder: string): Promise<boolean> {
  try {
    const stats = await lstat(folder);
    return stats.isDirectory() || stats.isSymbolicLink();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw stateError(error, `look for ${folder}`);
  }
}
