import { join } from 'node:path';
import { openFileBlockSource } from '../adapters/block-device/file-block-source.ts';
import { hasErrorCode } from '../domain/errors/snapledger-error.ts';
import type { DeviceLocation } from '../mailbox/user-data.ts';
import type { VolumeId } from '../domain/identifiers.ts';
import type { Devices } from './devices.ts';

/**
 * The volumes of a worker, in a folder: files of the local cloud, or the links that udev makes to
 * the devices of EBS volumes. They appear complete.
 *
 * @param folder `devices` in the folder of the instance
 */
export function createFolderDevices(folder: string, { kind }: DeviceLocation): Devices {
  return {
    open: async (volumeId, sizeBytes) => {
      try {
        return await openFileBlockSource(join(folder, nameOf(kind, volumeId)), { sizeBytes });
      } catch (error) {
        if (hasErrorCode(error, 'DISK_MISSING')) return null;
        throw error;
      }
    },
  };
}

/** The name of EBS is that of its NVMe serial number, which is the id without its hyphen. */
function nameOf(kind: DeviceLocation['kind'], volumeId: VolumeId): string {
  switch (kind) {
    case 'folder':
      return volumeId;
    case 'ebs':
      return `nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;
  }
}
