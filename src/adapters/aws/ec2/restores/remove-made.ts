import { hasErrorCode } from '../../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SnapshotId, VolumeId } from '../../../../domain/identifiers.ts';
import type { RemovedRemnant, RestoreRemnant } from '../../../../ports/cloud/volume-restores.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { deregisterImage } from '../launches/restore-image.ts';
import { terminateRestored } from '../launches/terminate-restored.ts';
import { pollUntil } from '../poll-until.ts';
import { deleteSnapshot } from '../snapshots/delete-snapshot.ts';
import { deleteFreeVolume } from '../volumes/delete-volume.ts';

/** What a restore has made. */
export type Made = Pick<RestoreRemnant, 'type' | 'resourceId'>;

/**
 * Removes what a restore has made in the region of the connection; fine when it is gone already.
 *
 * @param isRecent what is not found may not be shown yet, and is asked for again
 * @throws TIMED_OUT, SNAPSHOT_HELD, RESOURCE_UNTRUSTED
 */
export async function removeMade(
  connection: Ec2Connection,
  { type, resourceId }: Made,
  isRecent: () => boolean,
): Promise<RemovedRemnant> {
  switch (type) {
    case 'instance':
      await terminateRestored(connection, resourceId as InstanceId, isRecent);
      return 'removed';
    case 'image':
      await deregisterImage(connection, resourceId, isRecent);
      return 'removed';
    case 'volume':
      return await deleteFreeVolume(connection, resourceId as VolumeId, isRecent);
    case 'snapshot':
      await deleteReleased(connection, resourceId as SnapshotId, isRecent);
      return 'removed';
  }
}

/** EC2 is eventually consistent: a snapshot can count as used by its image after that was deregistered. */
async function deleteReleased(
  connection: Ec2Connection,
  snapshotId: SnapshotId,
  isRecent: () => boolean,
): Promise<void> {
  const { clock, limits, region } = connection;
  const endMs = clock.now() + limits.releaseMs;
  await pollUntil(connection, `snapshot ${snapshotId} is of no image`, async () => {
    try {
      await deleteSnapshot(connection, region, snapshotId, isRecent);
      return 'removed';
    } catch (error) {
      if (!isOfImage(error) || clock.now() >= endMs) throw error;
      return null;
    }
  });
}

function isOfImage(error: unknown): boolean {
  return (
    hasErrorCode(error, 'SNAPSHOT_HELD') && error.details['awsCode'] === 'InvalidSnapshot.InUse'
  );
}
