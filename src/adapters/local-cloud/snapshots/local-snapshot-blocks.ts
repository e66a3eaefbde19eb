import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SnapshotBlocks } from '../../../ports/cloud/snapshot-blocks.ts';
import { openFileBlockSource } from '../../block-device/file-block-source.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { requireSnapshot, snapshotNotFoundError } from './snapshot-catalogue.ts';

/** Reads the images of snapshots where they are. One that is deleted meanwhile is read to its end. */
export function createLocalSnapshotBlocks({ folders }: LocalCloudContext): SnapshotBlocks {
  return {
    async open(snapshotId, sizeBytes) {
      const { imagePath } = await requireSnapshot(folders.snapshots, snapshotId);
      try {
        return await openFileBlockSource(imagePath, { sizeBytes });
      } catch (error) {
        throw hasErrorCode(error, 'DISK_MISSING') ? snapshotNotFoundError(snapshotId) : error;
      }
    },
  };
}
