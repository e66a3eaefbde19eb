import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { Region, SnapshotId, VolumeId } from '../../../../domain/identifiers.ts';
import type { SnapshotVolumeRequest } from '../../../../ports/cloud/volume-restores.ts';
import type { FinishedImage } from '../../../../ports/image-target.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { awsCodeOf } from '../ec2-error.ts';
import { RecentlyMade } from '../recently-made.ts';
import { removeMade } from './remove-made.ts';
import { awaitWrittenSnapshot, createRestoredVolume, locationOf } from './restored-volume.ts';

/**
 * A volume of a snapshot that stays; none is left when this rejects.
 *
 * @param connection in the region of the snapshot
 * @throws SNAPSHOT_NOT_FOUND, SNAPSHOT_FAILED, TIMED_OUT
 */
export async function createSnapshotVolume(
  connection: Ec2Connection,
  request: SnapshotVolumeRequest,
): Promise<FinishedImage> {
  const { snapshotId, place, signal } = request;
  const { clock, limits } = connection;
  const recent = new RecentlyMade<'volume'>(clock, limits.appearanceMs);
  const made: VolumeId[] = [];
  try {
    await awaitSourceSnapshot(connection, snapshotId, signal);
    const volumeId = await createRestoredVolume(connection, {
      ...request,
      onCreated: (created) => {
        made.push(created);
        recent.add(created, 'volume');
      },
    });
    return { location: locationOf(volumeId, place), resourceId: volumeId };
  } catch (error) {
    // What went wrong first is what counts; a volume that stays is found by its tags.
    for (const resourceId of made) {
      const volume = { type: 'volume', resourceId } as const;
      await Promise.allSettled([removeMade(connection, volume, () => recent.has(resourceId))]);
    }
    throw useFailure(error, [snapshotId], connection.region);
  }
}

/**
 * Waits for a snapshot of a set or replica, which may still be under way.
 *
 * @throws SNAPSHOT_NOT_FOUND, SNAPSHOT_FAILED, TIMED_OUT
 */
export async function awaitSourceSnapshot(
  connection: Ec2Connection,
  snapshotId: SnapshotId,
  signal: AbortSignal,
): Promise<void> {
  const { region, limits } = connection;
  let missing = 0;
  await awaitWrittenSnapshot(connection, snapshotId, signal, (sight) => {
    missing = sight === 'missing' ? missing + 1 : 0;
    if (missing >= limits.missingInstanceLooks) throw notFound([snapshotId], region);
  });
}

/** What a request that uses the snapshots has failed with: they may have gone since they were seen. */
export function useFailure(
  error: unknown,
  snapshotIds: readonly SnapshotId[],
  region: Region,
): unknown {
  const isGone = awsCodeOf(error) === 'InvalidSnapshot.NotFound';
  return isGone ? notFound(snapshotIds, region, error) : error;
}

function notFound(
  snapshotIds: readonly SnapshotId[],
  region: Region,
  cause?: unknown,
): SnapledgerError {
  const ids = snapshotIds.join(', ');
  const what = snapshotIds.length === 1 ? `there is no snapshot ${ids}` : `one of ${ids} is not`;
  return new SnapledgerError('SNAPSHOT_NOT_FOUND', `${what} in ${region}`, {
    cause,
    remedy: 'It was removed by something else; restore another set, or a restore point.',
    details: { snapshotId: ids },
  });
}
