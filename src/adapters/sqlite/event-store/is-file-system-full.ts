import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * What SQLite needs at once to open a ledger: the first part of the memory that its connections share
 * (https://sqlite.org/walformat.html, "The WAL-Index File Format").
 */
const openingNeedsBytes = 32 * 1024;

/**
 * Whether the file system of the file at `path` has no room to open a ledger, or for no further file. Some
 * have no limit for one of the two and say 0 of 0. False where it does not answer.
 */
export function isFileSystemFull(path: string): boolean {
  try {
    const { bsize, blocks, bavail, files, ffree } = statfsSync(dirname(path));
    const isWithoutBytes = blocks > 0 && bavail * bsize < openingNeedsBytes;
    const isWithoutFiles = files > 0 && ffree === 0;
    return isWithoutBytes || isWithoutFiles;
  } catch {
    // It is asked because of an error, which is told in any case and says more than this one.
    return false;
  }
}
