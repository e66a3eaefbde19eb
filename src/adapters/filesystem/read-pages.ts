import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { hasErrno } from '../../platform/errno.ts';
import type { ByteRange } from '../../ports/object-store.ts';
import { isPageAligned, pagesFor, pageSizeBytes } from '../../ports/page-aligned.ts';

/**
 * Below this a copy from the page cache costs less than a request to the disk. A single record is above it: where a
 * point is in fragments, that is what is read, and what was written past the cache is not in it.
 */
const directMinBytes = 64 * 1024;

/** Whether a part of a file is worth a read past the page cache, and can have one into this memory. */
export function suitsDirectRead({ lengthBytes }: ByteRange, room: Uint8Array): boolean {
  return (
    process.platform === 'linux' &&
    lengthBytes >= directMinBytes &&
    isPageAligned(room) &&
    room.byteLength >= pagesFor(lengthBytes)
  );
}

/** The file, for reads past the page cache; null where the file system has none. */
export async function openForDirectReads(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECT);
  } catch (error) {
    if (hasErrno(error, 'EINVAL')) return null;
    throw error;
  }
}

/**
 * Reads the pages that hold the range, past the page cache: objects are written that way, so that
 * the cache would be filled with what nobody reads again, at the price of a copy.
 *
 * @returns the range within `room`; null where direct reads do not work, or give less than that in whole
 *   pages: what is there is then for a plain read to find out
 */
export async function readPages(
  handle: FileHandle,
  { offset, lengthBytes }: ByteRange,
  room: Uint8Array,
): Promise<Uint8Array | null> {
  const lead = offset % pageSizeBytes;
  const first = offset - lead;
  const wholeBytes = Math.ceil((lead + lengthBytes) / pageSizeBytes) * pageSizeBytes;
  let done = 0;
  try {
    while (done < lead + lengthBytes && done % pageSizeBytes === 0) {
      const { bytesRead } = await handle.read(room, done, wholeBytes - done, first + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
  } catch (error) {
    // A file system that opens a file for direct reads and then does not give them.
    if (hasErrno(error, 'EINVAL')) return null;
    throw error;
  }
  return done < lead + lengthBytes ? null : room.subarray(lead, lead + lengthBytes);
}
