import { constants, copyFile, rm, stat } from 'node:fs/promises';
import { diskChangedError, isUnchanged, type OpenDisk, refreshDisk } from '../instances/disk.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';
import type { Clock } from '../../../ports/clock.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { stateError } from '../state/state-error.ts';

/** A disk, and the file that is to become its image. */
export interface DiskCapture {
  readonly disk: OpenDisk;
  readonly imagePath: string;
}

/**
 * Clones (reflink: the files share their blocks until one is written) those of the disks that
 * their file systems can clone, all at one point in time. The `rest` has to be copied. All disks
 * come back with the fingerprints that they had just before.
 *
 * One clone is a point in time by itself. For several, no disk may be written between the first
 * and the last; if one is, all clones are made again, a few times.
 *
 * @throws DISK_CHANGED, STORE_FULL, STORE_UNAVAILABLE, DISK_*
 */
export async function cloneDisks<T extends DiskCapture>(
  captures: readonly T[],
  clock: Clock,
): Promise<{ readonly cloned: readonly T[]; readonly rest: readonly T[] }> {
  let writtenPath = '';
  for (let attempt = 0; attempt < localCloudLimits.cloneAttemptsMax; attempt += 1) {
    const fresh = await Promise.all(
      captures.map(async (capture) => ({ ...capture, disk: await refreshDisk(capture.disk) })),
    );
    await clock.sleep(localCloudLimits.fileTimeTickMs);
    const cloned: T[] = [];
    const rest: T[] = [];
    for (const capture of fresh) ((await cloneDisk(capture)) ? cloned : rest).push(capture);
    const written = await firstWritten(cloned);
    if (written === null) return { cloned, rest };
    writtenPath = written.disk.imagePath;
    await Promise.all(cloned.map(({ imagePath }) => rm(imagePath)));
  }
  throw diskChangedError(
    writtenPath,
    `was written each of the ${localCloudLimits.cloneAttemptsMax} times that the disks of its instance were cloned`,
  );
}

async function cloneDisk({ disk, imagePath }: DiskCapture): Promise<boolean> {
  try {
    // By its descriptor: the path may lead to another file by now.
    const source = `/proc/self/fd/${disk.handle.fd}`;
    await copyFile(source, imagePath, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOTTY', 'ENOSYS')) {
      return false;
    }
    throw stateError(error, `clone ${disk.imagePath} to ${imagePath}`);
  }
}

/** A disk that was written while the clones were made; null when they show one moment. */
async function firstWritten(clones: readonly DiskCapture[]): Promise<DiskCapture | null> {
  for (const clone of clones) {
    // A disk that grew between the look at its size and its clone.
    const { size } = await stat(clone.imagePath);
    if (size !== clone.disk.fingerprint.sizeBytes) return clone;
    if (clones.length > 1 && !(await isUnchanged(clone.disk))) return clone;
  }
  return null;
}
