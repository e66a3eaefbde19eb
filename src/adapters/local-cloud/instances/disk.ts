import type { BigIntStats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { ErrorCode } from '../../../domain/errors/error-code.ts';
import { isSnapledgerError, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';
import { hasErrno } from '../../../platform/errno.ts';

/** Smallest unit of a disk; an image that is no multiple of it is not one. */
const sectorSizeBytes = 512;

/** What tells that a disk is still the same file with the same content. */
export interface DiskFingerprint {
  readonly deviceNumber: bigint;
  readonly inode: bigint;
  readonly sizeBytes: number;
  readonly modifiedNs: bigint;
  /** Beside the time of modification, because programs can set that one back. */
  readonly changedNs: bigint;
}

/** A disk image, open for reading. Whoever opens it closes `handle`. */
export interface OpenDisk {
  readonly imagePath: string;
  readonly handle: FileHandle;
  readonly fingerprint: DiskFingerprint;
}

/**
 * Opens a disk image for reading and checks that it can be one.
 *
 * @throws DISK_MISSING, DISK_UNREADABLE, DISK_EMPTY, DISK_NOT_ALIGNED, LIMIT_EXCEEDED
 */
export async function openDisk(imagePath: string): Promise<OpenDisk> {
  const handle = await openImage(imagePath);
  try {
    return { imagePath, handle, fingerprint: fingerprintOf(imagePath, await statImage(handle)) };
  } catch (error) {
    await handle.close();
    throw isSnapledgerError(error) ? error : unreadableError(imagePath, error);
  }
}

/** @throws as `openDisk` */
export async function inspectDisk(imagePath: string): Promise<DiskFingerprint> {
  const disk = await openDisk(imagePath);
  await disk.handle.close();
  return disk.fingerprint;
}

/** Whether the path still leads to the file that was opened, and nobody wrote to it since. */
export async function isUnchanged(disk: OpenDisk): Promise<boolean> {
  const now = await statPath(disk.imagePath);
  if (now === null) return false;
  const { fingerprint } = disk;
  return (
    now.dev === fingerprint.deviceNumber &&
    now.ino === fingerprint.inode &&
    now.size === BigInt(fingerprint.sizeBytes) &&
    now.mtimeNs === fingerprint.modifiedNs &&
    now.ctimeNs === fingerprint.changedNs
  );
}

/** The same disk with the fingerprint that it has now. @throws as `openDisk` */
export async function refreshDisk(disk: OpenDisk): Promise<OpenDisk> {
  const stats = await statImage(disk.handle);
  return { ...disk, fingerprint: fingerprintOf(disk.imagePath, stats) };
}

/** @param how what showed it, to follow the path: `was written while its snapshot was taken` */
export function diskChangedError(imagePath: string, how: string): SnapledgerError {
  return new SnapledgerError('DISK_CHANGED', `${imagePath} ${how}`, {
    retry: 'retryable',
    remedy:
      'Stop the instance while its snapshot is taken, or keep its disks and the vault together on one file system with reflink (XFS, Btrfs).',
    details: { path: imagePath },
  });
}

export function unreadableError(imagePath: string, cause: unknown): SnapledgerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return diskError('DISK_UNREADABLE', imagePath, `cannot be read (${reason})`, {
    cause,
    remedy: 'Check the permissions of the image and of the folders above it, and its device.',
  });
}

async function openImage(imagePath: string): Promise<FileHandle> {
  // Looked at before it is opened: opening a named pipe would wait for a writer.
  const stats = await statPath(imagePath);
  if (stats === null) {
    throw diskError('DISK_MISSING', imagePath, 'does not exist', {
      remedy: 'Check the path; bring the image back to it if it was moved.',
    });
  }
  requireFile(imagePath, stats);
  try {
    return await open(imagePath, 'r');
  } catch (error) {
    throw unreadableError(imagePath, error);
  }
}

async function statPath(imagePath: string): Promise<BigIntStats | null> {
  try {
    return await stat(imagePath, { bigint: true });
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw unreadableError(imagePath, error);
  }
}

function statImage(handle: FileHandle): Promise<BigIntStats> {
  return handle.stat({ bigint: true });
}

function requireFile(imagePath: string, stats: BigIntStats): void {
  if (stats.isFile()) return;
  const what = stats.isDirectory() ? 'is a folder' : 'is neither a file nor a folder';
  throw diskError('DISK_UNREADABLE', imagePath, `${what}, not a disk image`, {
    remedy: 'Name the image file itself: the raw content of the disk in a regular file.',
  });
}

function fingerprintOf(imagePath: string, stats: BigIntStats): DiskFingerprint {
  requireFile(imagePath, stats);
  const sizeBytes = Number(stats.size);
  if (sizeBytes === 0) {
    throw diskError('DISK_EMPTY', imagePath, 'is empty', {
      remedy: 'Name an image that holds a disk.',
    });
  }
  if (sizeBytes % sectorSizeBytes !== 0) {
    throw diskError(
      'DISK_NOT_ALIGNED',
      imagePath,
      `is ${sizeBytes} bytes long, no multiple of ${sectorSizeBytes}`,
      { remedy: 'Name a raw image (no qcow2 or other format) that was written to its end.' },
    );
  }
  if (sizeBytes > localCloudLimits.diskSizeMaxBytes) {
    throw diskError('LIMIT_EXCEEDED', imagePath, `is ${sizeBytes} bytes long, more than 64 TiB`, {
      remedy: 'Split the disk; EBS has no larger ones either.',
    });
  }
  return {
    deviceNumber: stats.dev,
    inode: stats.ino,
    sizeBytes,
    modifiedNs: stats.mtimeNs,
    changedNs: stats.ctimeNs,
  };
}

function diskError(
  code: ErrorCode,
  imagePath: string,
  wrong: string,
  options: { readonly remedy: string; readonly cause?: unknown },
): SnapledgerError {
  return new SnapledgerError(code, `the disk image ${imagePath} ${wrong}`, {
    ...options,
    details: { path: imagePath },
  });
}
