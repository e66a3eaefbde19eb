import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assert } from '../../domain/errors/assert.ts';
import type { ObjectBody } from '../../ports/object-body.ts';
import { DirectWriter } from '../../platform/direct-writer.ts';
import { isAbsent } from '../../platform/errno.ts';
import { fileMode, folderMode } from './object-path.ts';
import { syncFolder } from './durable-folders.ts';
import type { ProcessIdentity } from '../../platform/process-identity.ts';
import { temporaryFileName } from './temporary-file-name.ts';

/**
 * From this size on a body is written past the page cache: packs, which are read again long
 * after, if ever.
 */
const directMinBytes = 4 * 1024 * 1024;
/** Buffers for one writev call: the IOV_MAX of Linux and macOS. */
const writevPartsMax = 1024;
const nameRandomBytes = 12;

/** A durable copy of a body under a name that nobody else looks at. Disposing removes the name. */
export interface TemporaryFile extends AsyncDisposable {
  readonly path: string;
  /** Stays open, so that the file is known again after it got its second name. */
  readonly handle: FileHandle;
}

/** Writes `body` into a new file of `folder` (made if need be) and syncs it; on failure removes it. */
export async function writeTemporaryFile(
  folder: string,
  owner: ProcessIdentity,
  body: ObjectBody,
): Promise<TemporaryFile> {
  await makeFolder(folder);
  const name = temporaryFileName(owner, randomBytes(nameRandomBytes).toString('hex'));
  const path = join(folder, name);
  await using undo = new AsyncDisposableStack();
  const handle = undo.use(await open(path, 'wx', fileMode));
  undo.defer(async () => {
    await removeFile(path);
  });
  if (body.sizeBytes >= directMinBytes) await writeDirect(handle, body);
  else await writeParts(handle, body.parts);
  await handle.sync();
  const kept = undo.move();
  return { path, handle, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Also makes the folders above, and makes those durable that are new. */
async function makeFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true, mode: folderMode });
  if (firstMade === undefined) return;
  const top = dirname(firstMade);
  for (let made = dirname(folder); made.length >= top.length; made = dirname(made)) {
    await syncFolder(made);
    if (made === dirname(made)) break;
  }
}

async function writeDirect(handle: FileHandle, body: ObjectBody): Promise<void> {
  // Its size first: a file that does not grow takes several writes at a time.
  await handle.truncate(body.sizeBytes);
  const writer = new DirectWriter(handle);
  try {
    let offsetBytes = 0;
    for (const part of body.parts) {
      await writer.write(offsetBytes, part);
      offsetBytes += part.byteLength;
    }
    await writer.settle();
  } finally {
    await writer.close();
  }
}

async function writeParts(handle: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  let rest = parts;
  while (rest.length > 0) {
    const batch = rest.slice(0, writevPartsMax);
    const { bytesWritten } = await handle.writev(batch);
    assert(bytesWritten > 0, 'a write of some bytes writes at least one, or fails');
    rest = [...withoutFirstBytes(batch, bytesWritten), ...rest.slice(writevPartsMax)];
  }
}

/** A disk that is nearly full takes a part of what it is given; the next call says why. */
function withoutFirstBytes(parts: readonly Uint8Array[], sizeBytes: number): readonly Uint8Array[] {
  let skipBytes = sizeBytes;
  return parts.flatMap((part) => {
    const skipped = Math.min(skipBytes, part.byteLength);
    skipBytes -= skipped;
    return skipped === part.byteLength ? [] : [part.subarray(skipped)];
  });
}

/** Fine when it is gone: another process took its owner for dead and swept it. */
async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
