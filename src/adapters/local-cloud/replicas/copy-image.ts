import { constants, copyFile, type FileHandle, open } from 'node:fs/promises';
import { hasErrno } from '../../../platform/errno.ts';
import type { JobPlace } from '../../../ports/job-place.ts';
import { snapshotNotFoundError, type StoredSnapshot } from '../snapshots/snapshot-catalogue.ts';
import { DiskScanner } from '../snapshots/disk-scanner.ts';
import { corruptStateError } from '../state/corrupt-state-error.ts';

/**
 * Copies the image of a snapshot: a clone where the file system can, otherwise its content, holes
 * left out. The copy is durable and read-only when this resolves.
 *
 * @throws SNAPSHOT_NOT_FOUND, CLOUD_STATE_CORRUPT, DISK_UNREADABLE, STORE_FULL
 */
export async function copyImage(
  source: StoredSnapshot,
  targetPath: string,
  scansOn: JobPlace,
): Promise<void> {
  const image = await openImage(source);
  try {
    const { size } = await image.stat();
    if (size !== source.sizeBytes) {
      throw corruptStateError(
        source.imagePath,
        `is ${size} bytes long, and its snapshot was of ${source.sizeBytes}`,
      );
    }
    const target = await cloneOrCreate(image, targetPath);
    try {
      if (target.outcome === 'empty') {
        const into = { handle: target.handle, path: targetPath };
        await copyContent(source, image, into, scansOn);
      }
      await target.handle.chmod(0o400);
      await target.handle.sync();
    } finally {
      await target.handle.close();
    }
  } finally {
    await image.close();
  }
}

async function openImage({ imagePath, snapshotId }: StoredSnapshot): Promise<FileHandle> {
  try {
    return await open(imagePath, 'r');
  } catch (error) {
    throw hasErrno(error, 'ENOENT') ? snapshotNotFoundError(snapshotId) : error;
  }
}

interface CopyTarget {
  readonly outcome: 'cloned' | 'empty';
  readonly handle: FileHandle;
}

async function cloneOrCreate(image: FileHandle, targetPath: string): Promise<CopyTarget> {
  try {
    // By its descriptor: the snapshot may be deleted meanwhile.
    const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE;
    await copyFile(`/proc/self/fd/${image.fd}`, targetPath, flags);
    return { outcome: 'cloned', handle: await open(targetPath, 'r') };
  } catch (error) {
    if (!hasErrno(error, 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOTTY', 'ENOSYS'))
      throw error;
    return { outcome: 'empty', handle: await open(targetPath, 'wx', 0o600) };
  }
}

/** A copy that was begun is finished: what ends its session then finds it whole, and removes it. */
const unstoppable = new AbortController().signal;

async function copyContent(
  { imagePath, sizeBytes }: StoredSnapshot,
  image: FileHandle,
  target: { readonly handle: FileHandle; readonly path: string },
  scansOn: JobPlace,
): Promise<void> {
  await target.handle.truncate(sizeBytes);
  const scanner = new DiskScanner(sizeBytes, unstoppable, scansOn);
  try {
    await scanner.scan({
      source: { path: imagePath, fd: image.fd, sizeBytes },
      target: { path: target.path, fd: target.handle.fd },
      onPage: () => Promise.resolve(),
    });
  } finally {
    await scanner.close();
  }
}
