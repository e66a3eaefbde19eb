import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../../platform/errno.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { DeviceName } from '../../domain/identifiers.ts';
import type { ImageTarget } from '../../ports/image-target.ts';
import { makeFolder } from './make-folder.ts';
import { damagedPathOf, openRawImage } from './raw-image.ts';
import { targetErrors } from './target-errors.ts';

export interface ImageFolderOptions {
  readonly folder: string;
  /** What happens to files that are there already. */
  readonly existing: 'refuse' | 'overwrite';
}

/** Restores every volume to a raw image file `<device without /dev/>.img` in a folder. */
export function imageFolder({ folder, existing }: ImageFolderOptions): ImageTarget {
  const pathOf = (device: DeviceName): string => join(folder, `${imageName(device)}.img`);

  const refuseTaken = async (device: DeviceName): Promise<void> => {
    const damaged = damagedPathOf(pathOf(device));
    for (const path of [pathOf(device), damaged, `${damaged}.json`]) {
      const found = await kindOf(path);
      if (found === 'nothing') continue;
      if (existing === 'refuse') throw taken(path);
      if (found === 'other') throw irreplaceable(path);
    }
  };

  return {
    check: async (volumes) => {
      for (const { device } of volumes) await refuseTaken(device);
    },
    open: async ({ device, sizeBytes }) => {
      await refuseTaken(device);
      await targetErrors(folder, () => makeFolder(folder));
      return openRawImage({ path: pathOf(device), sizeBytes, existing });
    },
  };
}

/** `/dev/xvda` becomes `xvda`; a slash within becomes a dash. */
function imageName(device: DeviceName): string {
  return device.replace(/^\/dev\//, '').replaceAll('/', '-');
}

/** What stands at a path: an image, or a link to one, can be replaced; a folder or device cannot. */
async function kindOf(path: string): Promise<'nothing' | 'file' | 'other'> {
  try {
    const found = await lstat(path);
    return found.isFile() || found.isSymbolicLink() ? 'file' : 'other';
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return 'nothing';
    throw new SnapledgerError('INVALID_ARGUMENT', `'${path}' cannot be looked at`, {
      cause: error,
      remedy: 'Check that the folder is one, and its permissions.',
    });
  }
}

function taken(path: string): SnapledgerError {
  return new SnapledgerError('TARGET_EXISTS', `'${path}' exists already`, {
    remedy: 'Restore to another folder, or allow it with --overwrite.',
  });
}

function irreplaceable(path: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', `'${path}' is no file, and cannot be replaced`, {
    remedy: 'Restore to another folder, or move away what is there.',
  });
}
