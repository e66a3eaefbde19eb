import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { objectNotFound, objectRange, objectTooLarge } from '../../ports/object-store-errors.ts';
import {
  type ByteRange,
  type ObjectInfo,
  type ObjectKey,
  objectStoreLimits,
} from '../../ports/object-store.ts';
import { isAbsent } from '../../platform/errno.ts';
import { objectPath } from './object-path.ts';

/**
 * The bytes of an object or of a part of it, in a buffer of their own.
 *
 * The file is opened anew each time: keeping it open would save some 60 µs of a call, but show
 * objects that were deleted.
 *
 * @throws OBJECT_NOT_FOUND, OBJECT_RANGE, LIMIT_EXCEEDED for a file that no store has made
 */
export async function readObject(
  root: string,
  key: ObjectKey,
  range?: ByteRange,
): Promise<Uint8Array> {
  await using handle = await openObject(root, key);
  const stat = await handle.stat();
  if (!stat.isFile()) throw objectNotFound(key);
  const { offset, lengthBytes } = range ?? { offset: 0, lengthBytes: stat.size };
  if (offset + lengthBytes > stat.size) throw objectRange(key, { offset, lengthBytes }, stat.size);
  if (lengthBytes > objectStoreLimits.objectMaxBytes) throw objectTooLarge(key, stat.size);
  // not from the pool, which would keep 8 KiB of strangers alive and share them with the caller
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(lengthBytes).buffer);
  await readFully(handle, key, bytes, offset);
  return bytes;
}

/** What is known of the object, or null when there is none. */
export async function inspectObject(root: string, key: ObjectKey): Promise<ObjectInfo | null> {
  try {
    const stat = await lstat(objectPath(root, key));
    return stat.isFile() ? { key, sizeBytes: stat.size } : null;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

async function openObject(root: string, key: ObjectKey): Promise<FileHandle> {
  try {
    return await open(objectPath(root, key), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isAbsent(error)) throw objectNotFound(key);
    throw error;
  }
}

async function readFully(
  handle: FileHandle,
  key: ObjectKey,
  into: Uint8Array,
  offset: number,
): Promise<void> {
  let done = 0;
  while (done < into.byteLength) {
    const { bytesRead } = await handle.read(into, done, into.byteLength - done, offset + done);
    if (bytesRead === 0) {
      throw new SnapledgerError(
        'STORE_UNAVAILABLE',
        `the object "${key}" was cut short to ${offset + done} bytes while it was read`,
        {
          remedy: 'Find out what writes into the repository besides snapledger.',
          details: { key },
        },
      );
    }
    done += bytesRead;
  }
}
