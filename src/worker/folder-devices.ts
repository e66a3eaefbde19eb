import { join } from 'node:path';
import { openFileBlockSource } from '../adapters/block-device/file-block-source.ts';
import { hasErrorCode } from '../domain/errors/snapledger-error.ts';
import type { Devices } from './devices.ts';

/**
 * The volumes of a local cloud's worker: files `<folder>/<volume id>`, which appear complete.
 *
 * @param folder `devices` in the folder of the instance
 */
export function createFolderDevices(folder: string): Devices {
  return {
    open: async (volumeId, sizeBytes) => {
      try {
        return await openFileBlockSource(join(folder, volumeId), { sizeBytes });
      } catch (error) {
        if (hasErrorCode(error, 'DISK_MISSING')) return null;
        throw error;
      }
    },
  };
}
