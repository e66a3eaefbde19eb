import { constants, fstatSync, openSync } from 'node:fs';
import { hasErrno } from './errno.ts';

/** What the kernel counts the blocks of a file in, whatever those of the file system are. */
const statBlockSizeBytes = 512;

/**
 * A file of which less than this was ever written is read directly. Through the page cache a hole costs as much as
 * data: its zeros are put into pages, which take the place of others. Data that is in the cache is read sooner there.
 */
const sparseShare = 1 / 8;

/**
 * The same file once more, for direct reads, when it is mostly holes; whoever takes it closes it. Null for other files
 * and where there are no direct reads. Offset, length and memory of such a read have to be multiples of a page.
 */
export function openForHoles(fd: number): number | null {
  if (process.platform !== 'linux') return null;
  const { blocks, size } = fstatSync(fd);
  if (blocks * statBlockSizeBytes >= size * sparseShare) return null;
  try {
    // By its descriptor: its name may be gone, or lead to another file by now.
    return openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_DIRECT);
  } catch (error) {
    // EINVAL: no direct reads in this file system; the others: no /proc.
    if (hasErrno(error, 'EINVAL', 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}
