import { type FileHandle, open } from 'node:fs/promises';
import { blockSizeBytes } from '../../../domain/block-size.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../../domain/identifiers.ts';
import { hasErrno } from '../../../platform/errno.ts';
import type { SnapshotBlocks } from '../../../ports/cloud/snapshot-blocks.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { requireSnapshot, snapshotNotFoundError } from './snapshot-catalogue.ts';

/** Reads the images of snapshots where they are. One that is deleted meanwhile is read to its end. */
export function createLocalSnapshotBlocks({ folders }: LocalCloudContext): SnapshotBlocks {
  return {
    async open(snapshotId, sizeBytes) {
      const { imagePath } = await requireSnapshot(folders.snapshots, snapshotId);
      const image = await openImage(imagePath, snapshotId);
      return {
        sizeBytes,
        read: async (first, _blockCount, into) => {
          await readWhole(image, snapshotId, first * blockSizeBytes, into);
        },
        close: () => image.close(),
      };
    },
  };
}

async function openImage(imagePath: string, snapshotId: SnapshotId): Promise<FileHandle> {
  try {
    return await open(imagePath, 'r');
  } catch (error) {
    throw hasErrno(error, 'ENOENT')
      ? snapshotNotFoundError(snapshotId)
      : unreadable(snapshotId, 0, error);
  }
}

async function readWhole(
  image: FileHandle,
  snapshotId: SnapshotId,
  beginBytes: number,
  into: Uint8Array,
): Promise<void> {
  for (let done = 0; done < into.length;) {
    const atBytes = beginBytes + done;
    const { bytesRead } = await image
      .read(into, done, into.length - done, atBytes)
      .catch((error: unknown) => {
        throw unreadable(snapshotId, atBytes, error);
      });
    if (bytesRead === 0) throw unreadable(snapshotId, atBytes, new Error('it ends there'));
    done += bytesRead;
  }
}

function unreadable(snapshotId: SnapshotId, atBytes: number, cause: unknown): SnapledgerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SnapledgerError(
    'DISK_UNREADABLE',
    `the image of ${snapshotId} cannot be read at byte ${atBytes}: ${reason}`,
    { cause, remedy: 'Check the disk of the vault; the kernel log tells more about its errors.' },
  );
}
