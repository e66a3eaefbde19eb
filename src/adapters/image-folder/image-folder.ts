import { access } from 'node:fs/promises';
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

  const refuseExisting = async (device: DeviceName): Promise<void> => {
    if (existing === 'overwrite') return;
    for (const path of [pathOf(device), damagedPathOf(pathOf(device))]) {
      if (!(await exists(path))) continue;
      throw new SnapledgerError('TARGET_EXISTS', `'${path}' exists already`, {
        remedy: 'Restore to another folder, or allow it with --overwrite.',
      });
    }
  };

  return {
    check: async (volumes) => {
      for (const { device } of volumes) await refuseExisting(device);
    },
    open: async ({ device, sizeBytes }) => {
      await refuseExisting(device);
      await targetErrors(folder, () => makeFolder(folder));
      return openRawImage({ path: pathOf(device), sizeBytes, existing });
    },
  };
}

/** `/dev/xvda` becomes `xvda`; a slash within becomes a dash. */
function imageName(device: DeviceName): string {
  return device.replace(/^\/dev\//, '').replaceAll('/', '-');
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw new SnapledgerError('INVALID_ARGUMENT', `'${path}' cannot be looked at`, {
      cause: error,
      remedy: 'Check the permissions of the folder.',
    });
  }
}
