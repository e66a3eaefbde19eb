import { lstat, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasErrno } from '../../platform/errno.ts';
import { deviceLabel, sharedLabelOf } from '../../domain/device-label.ts';
import { isSnapledgerError, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { DeviceName } from '../../domain/identifiers.ts';
import type { ImageTarget } from '../../ports/image-target.ts';
import { makeFolder } from '../../platform/make-folder.ts';
import { damagedPathOf, openRawImage } from './raw-image.ts';
import { targetErrors } from './target-errors.ts';

export interface ImageFolderOptions {
  readonly folder: string;
  /** What happens to files that are there already. */
  readonly existing: 'refuse' | 'overwrite';
}

/** Restores every volume to a raw image file `<device without /dev/>.img` in a folder; no two of a restore to one. */
export function imageFolder({ folder, existing }: ImageFolderOptions): ImageTarget {
  const pathOf = (device: DeviceName): string => join(folder, `${deviceLabel(device)}.img`);

  const refuseTaken = async (device: DeviceName): Promise<void> => {
    const damaged = damagedPathOf(pathOf(device));
    for (const path of [pathOf(device), damaged, `${damaged}.json`]) {
      const found = await kindOf(path);
      if (found === 'nothing') continue;
      if (found === 'other') throw irreplaceable(path);
      if (existing === 'refuse') throw taken(path);
    }
  };

  return {
    check: async (volumes) => {
      refuseSharedNames(volumes.map(({ device }) => device));
      await refuseFileInTheWay(folder);
      for (const { device } of volumes) await refuseTaken(device);
    },
    open: async ({ device, sizeBytes }) => {
      await refuseFileInTheWay(folder);
      await refuseTaken(device);
      await targetErrors(folder, () => makeFolder(folder));
      return openRawImage({ path: pathOf(device), sizeBytes, existing });
    },
  };
}

/** @throws INVALID_ARGUMENT for devices whose images would have one name: one would replace the other */
function refuseSharedNames(devices: readonly DeviceName[]): void {
  const shared = sharedLabelOf(devices);
  if (shared === null) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `${shared.devices.join(' and ')} would both be restored to '${shared.label}.img'`,
    { remedy: 'Restore them one at a time, to different folders: name the volume with --volume.' },
  );
}

/** @throws TARGET_EXISTS when a file is in the place of the folder, or of one above it */
async function refuseFileInTheWay(folder: string): Promise<void> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      if ((await stat(path)).isDirectory()) return;
      throw notAFolder(path);
    } catch (error) {
      if (isSnapledgerError(error)) throw error;
      if (hasErrno(error, 'ENOENT')) return;
      if (!hasErrno(error, 'ENOTDIR') || dirname(path) === path) throw unseen(path, error);
    }
  }
}

/** What stands at a path: an image, or a link to one, can be replaced; a folder or device cannot. */
async function kindOf(path: string): Promise<'nothing' | 'file' | 'other'> {
  try {
    const found = await lstat(path);
    return found.isFile() || found.isSymbolicLink() ? 'file' : 'other';
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return 'nothing';
    throw unseen(path, error);
  }
}

function unseen(path: string, cause: unknown): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', `'${path}' cannot be looked at`, {
    cause,
    remedy: 'Check the permissions of the folders above it.',
  });
}

function notAFolder(path: string): SnapledgerError {
  return new SnapledgerError(
    'TARGET_EXISTS',
    `'${path}' is a file, and images are restored into a folder`,
    { remedy: 'Name a folder, one that is there or one to be made; or move the file away.' },
  );
}

function taken(path: string): SnapledgerError {
  return new SnapledgerError('TARGET_EXISTS', `'${path}' exists already`, {
    remedy: 'Restore to another folder, or allow it with --overwrite.',
  });
}

function irreplaceable(path: string): SnapledgerError {
  return new SnapledgerError('TARGET_EXISTS', `'${path}' is no file, and cannot be replaced`, {
    remedy: 'Restore to another folder, or move away what is there.',
  });
}
