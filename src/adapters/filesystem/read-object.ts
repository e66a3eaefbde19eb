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
import { hasErrno, isAbsent } from '../../platform/errno.ts';
import { objectPath } from './object-path.ts';
import { openForDirectReads, readPages, suitsDirectRead } from './read-pages.ts';

/**
 * The bytes of an object or of a part of it: in `room`, if that is lent and large parts can be read
 * straight into it, else in a buffer of their own.
 *
 * The file is opened anew each time: keeping it open would save some 60 µs of a call, but show
 * objects that were deleted.
 *
 * @throws OBJECT_NOT_FOUND, OBJECT_RANGE, OBJECT_CORRUPT, LIMIT_EXCEEDED for a file that no store has made
 */
export async function readObject(
  root: string,
  key: ObjectKey,
  range?: ByteRange,
  room?: Uint8Array,
): Promise<Uint8Array> {
  if (range !== undefined && room !== undefined && suitsDirectRead(range, room)) {
    const bytes = await readDirect(root, key, range, room);
    if (bytes !== null) return bytes;
  }
  await using handle = await openObject(key, () =>
    open(objectPath(root, key), constants.O_RDONLY | constants.O_NOFOLLOW),
  );
  const { offset, lengthBytes } = await checkedRange(handle, key, range);
  // not from the pool, which would keep 8 KiB of strangers alive and share them with the caller
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(lengthBytes).buffer);
  await readFully(handle, key, bytes, offset);
  return bytes;
}

/** @returns null where direct reads do not work, or gave less than was asked for */
async function readDirect(
  root: string,
  key: ObjectKey,
  range: ByteRange,
  room: Uint8Array,
): Promise<Uint8Array | null> {
  await using handle = await openObject(key, () => openForDirectReads(objectPath(root, key)));
  if (handle === null) return null;
  await checkedRange(handle, key, range);
  return await diskErrors(key, range.offset, () => readPages(handle, range, room));
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

async function openObject<Handle>(
  key: ObjectKey,
  openFile: () => Promise<Handle>,
): Promise<Handle> {
  try {
    return await openFile();
  } catch (error) {
    if (isAbsent(error)) throw objectNotFound(key);
    throw error;
  }
}

/** @returns the range to read, by default the whole object. @throws OBJECT_NOT_FOUND, OBJECT_RANGE, LIMIT_EXCEEDED */
async function checkedRange(
  handle: FileHandle,
  key: ObjectKey,
  range: ByteRange | undefined,
): Promise<ByteRange> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw objectNotFound(key);
  const { offset, lengthBytes } = range ?? { offset: 0, lengthBytes: stat.size };
  if (offset + lengthBytes > stat.size) throw objectRange(key, { offset, lengthBytes }, stat.size);
  if (lengthBytes > objectStoreLimits.objectMaxBytes) throw objectTooLarge(key, stat.size);
  return { offset, lengthBytes };
}

/** @throws OBJECT_CORRUPT when the disk cannot give the bytes: that is damage of this object */
async function readFully(
  handle: FileHandle,
  key: ObjectKey,
  into: Uint8Array,
  offset: number,
): Promise<void> {
  let done = 0;
  while (done < into.byteLength) {
    const { bytesRead } = await diskErrors(key, offset + done, () =>
      handle.read(into, done, into.byteLength - done, offset + done),
    );
    if (bytesRead === 0) throw cutShort(key, offset + done);
    done += bytesRead;
  }
}

async function diskErrors<T>(key: ObjectKey, offset: number, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!hasErrno(cause, 'EIO')) throw cause;
    throw unreadable(key, `the disk cannot read it near byte ${offset}`, {
      cause,
      remedy: 'Check the disk. Whatever else is sound can be restored.',
    });
  }
}

function cutShort(key: ObjectKey, endBytes: number): SnapledgerError {
  return unreadable(key, `it was cut short to ${endBytes} bytes while it was read`, {
    remedy: 'Find out what writes into the repository besides snapledger.',
  });
}

function unreadable(
  key: ObjectKey,
  reason: string,
  options: { readonly cause?: unknown; readonly remedy: string },
): SnapledgerError {
  const message = `the object "${key}" is damaged: ${reason}`;
  const details = { objectKey: key, reason };
  return new SnapledgerError('OBJECT_CORRUPT', message, { ...options, details });
}
