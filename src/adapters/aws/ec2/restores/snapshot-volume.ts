import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { SnapshotId, VolumeId } from '../../../../domain/identifiers.ts';
import type { SnapshotVolumeRequest } from '../../../../ports/cloud/volume-restores.ts';
import type { FinishedImage } from '../../../../ports/image-target.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { RecentlyMade } from '../recently-made.ts';
import { listSnapshots } from '../snapshots/list-snapshots.ts';
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
    throw error;
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
  const { region, clock, limits } = connection;
  for (let looks = 1; ; looks += 1) {
    signal.throwIfAborted();
    const filter = { Name: 'snapshot-id', Values: [snapshotId] };
    const [found] = await listSnapshots(connection, region, filter);
    if (found !== undefined) break;
    if (looks >= limits.missingInstanceLooks) throw notFound(snapshotId, region);
    await clock.sleep(limits.pollMs, signal);
  }
  await awaitWrittenSnapshot(connection, snapshotId, signal);
}

function notFound(snapshotId: SnapshotId, region: string): SnapledgerError {
  return new SnapledgerError(
    'SNAPSHOT_NOT_FOUND',
    `there is no snapshot ${snapshotId} in ${region}`,
    {
      remedy: 'It was removed by something else; restore another set, or a restore point.',
      details: { snapshotId },
    },
  );
}
