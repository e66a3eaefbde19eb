import type { Problem } from '../../domain/backup-session/backup-events.ts';
import type {
  RestoredVolume,
  RestoreSessionEvent,
} from '../../domain/restore-session/restore-events.ts';
import type { VolumePlace } from '../../domain/restore-session/volume-place.ts';
import { known } from '../../domain/sensitive/sensitive.ts';
import type { PointReader, PointVolume } from '../../format/restore-point.ts';
import type { PlannedLaunch } from '../../ports/cloud/instance-restores.ts';
import type { ResourceOwner } from '../../ports/cloud/resource-owner.ts';
import type { SnapshotRestores, VolumePerformance } from '../../ports/cloud/volume-restores.ts';
import { eventStoreLimits } from '../../ports/event-store.ts';
import type { ImageTarget } from '../../ports/image-target.ts';
import type { RestoreProgress } from '../engine-requests.ts';
import { restoreVolume } from './restore-volume.ts';
import type { SnapshotVolume } from './snapshot-source.ts';

/**
 * A restore as it goes on: what is to be recorded before it goes further. An intent comes before what
 * it announces. In the end: what it has left behind.
 */
export type RestoreSteps = AsyncGenerator<readonly RestoreSessionEvent[], readonly Problem[]>;

export interface StepOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: RestoreProgress) => void;
}

export interface PointToVolumes {
  readonly reader: PointReader;
  readonly volumes: readonly PointVolume[];
  readonly images: ImageTarget;
  /** Of new volumes in the cloud; null: images are made. */
  readonly place: VolumePlace | null;
}

/** Writes volume after volume of a point. */
export async function* restorePointVolumes(
  { reader, volumes, images, place }: PointToVolumes,
  options: StepOptions,
): RestoreSteps {
  for (const volume of volumes) {
    if (place !== null) yield [volumeRequested(volume, place)];
    options.signal.throwIfAborted();
    const data = await restoreVolume(reader, volume, images, options);
    yield [{ type: 'VolumeRestored', data }];
  }
  return [];
}

export interface SnapshotsToVolumes {
  readonly volumes: readonly SnapshotVolume[];
  readonly owner: ResourceOwner;
  readonly restores: SnapshotRestores;
  readonly place: VolumePlace;
  /** Of the volumes; default: what their type begins with. */
  readonly performance?: VolumePerformance;
  /** Throws when what is restored was removed while the restore began. */
  readonly requireSource: () => Promise<unknown>;
}

/** Makes volume after volume out of the snapshots of a set or replica; the engine moves no data. */
export async function* restoreSnapshotVolumes(
  { volumes, owner, restores, place, performance, requireSource }: SnapshotsToVolumes,
  { signal, onProgress }: StepOptions,
): RestoreSteps {
  await requireSource();
  for (const volume of volumes) {
    yield [volumeRequested(volume, place)];
    signal.throwIfAborted();
    const { volumeId, device, sizeBytes, snapshotId } = volume;
    const { location, resourceId = null } = await restores.ofSnapshot({
      owner,
      place,
      snapshotId,
      ...(performance === undefined ? {} : { performance }),
      signal,
    });
    onProgress?.({ volumeId, device, bytesDone: sizeBytes, bytesTotal: sizeBytes });
    const data: RestoredVolume = {
      volumeId,
      device,
      sizeBytes,
      location: known(location),
      resourceId,
      bytesWritten: 0,
      bytesDamaged: 0,
    };
    yield [{ type: 'VolumeRestored', data }];
  }
  return [];
}

export interface ToInstance {
  readonly launch: PlannedLaunch;
  /** Writes or finds a snapshot of each volume. */
  readonly obtain: (options: StepOptions) => Promise<readonly RestoredSnapshot[]>;
  /** Removes those that were written for it, once the instance runs; gives those that it could not. */
  readonly discard: (snapshots: readonly RestoredSnapshot[]) => Promise<readonly Problem[]>;
}

/** A snapshot of a volume, as an instance can be launched of it. */
export interface RestoredSnapshot extends SnapshotVolume {
  readonly bytesWritten: number;
}

/** Launches an instance with all of the volumes. */
export async function* restoreInstance(
  { launch, obtain, discard }: ToInstance,
  options: StepOptions,
): RestoreSteps {
  const { region, configuration } = launch;
  yield [
    { type: 'RestoreInstanceRequested', data: { region, configuration: known(configuration) } },
  ];
  options.signal.throwIfAborted();
  const snapshots = await obtain(options);
  const { instanceId, volumes, leftOver } = await launch.launch(snapshots, options.signal);
  // The instance comes last: with it, and not before, all of it is recorded.
  const records: readonly RestoreSessionEvent[] = [
    ...snapshots.map(({ volumeId, device, sizeBytes, bytesWritten }): RestoreSessionEvent => {
      const resourceId = volumes.find((one) => one.device === device)?.volumeId ?? null;
      const location = known(`${resourceId ?? 'a volume'} of ${instanceId}`);
      const restored = { volumeId, device, sizeBytes, location, resourceId };
      return { type: 'VolumeRestored', data: { ...restored, bytesWritten, bytesDamaged: 0 } };
    }),
    { type: 'InstanceRestored', data: { resourceId: instanceId } },
  ];
  for (let begin = 0; begin < records.length; begin += eventStoreLimits.appendEventsMax) {
    yield records.slice(begin, begin + eventStoreLimits.appendEventsMax);
  }
  // After it is recorded: an engine that dies meanwhile must not make a running instance a failed restore.
  return [...leftOver, ...(await discard(snapshots))];
}

function volumeRequested(
  { volumeId, device }: Pick<SnapshotVolume, 'volumeId' | 'device'>,
  place: VolumePlace,
): RestoreSessionEvent {
  return { type: 'RestoreVolumeRequested', data: { volumeId, device, place } };
}
