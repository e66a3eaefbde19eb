import type { Problem } from '../../domain/backup-session/backup-events.ts';
import type {
  DeviceName,
  InstanceId,
  Region,
  SnapshotId,
  VolumeId,
} from '../../domain/identifiers.ts';
import type { VolumePlace } from '../../domain/restore-session/volume-place.ts';
import type { ImageTarget } from '../image-target.ts';
import type { LaunchWishes } from './launch-wishes.ts';
import type { ResourceOwner } from './resource-owner.ts';
import type { RestoreSource } from './volume-restores.ts';

export interface LaunchPlanRequest {
  readonly owner: ResourceOwner;
  /** Of the instance as it was recorded; null: nobody knows it any more. */
  readonly configuration: Readonly<Record<string, unknown>> | null;
  /** Where the snapshots are, and the instance is to be. */
  readonly region: Region;
  readonly wishes: LaunchWishes;
  readonly volumes: readonly { readonly device: DeviceName; readonly sizeBytes: number }[];
}

export interface LaunchSnapshot {
  readonly device: DeviceName;
  readonly snapshotId: SnapshotId;
}

export interface LaunchedInstance {
  readonly instanceId: InstanceId;
  readonly volumes: readonly LaunchedVolume[];
  /** What could not be removed although nothing needs it any more. */
  readonly leftOver: readonly Problem[];
}

export interface LaunchedVolume {
  /** Of the volume that was restored; the instance may have it under another one. */
  readonly device: DeviceName;
  readonly volumeId: VolumeId;
}

/** An instance that can be launched. */
export interface PlannedLaunch {
  readonly region: Region;
  /** All that it is launched with, as plain JSON, to be recorded. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /**
   * Launches it of these snapshots, one for each volume, and resolves when it runs. The snapshots stay.
   * When it rejects nothing is left. Everything carries the owner from its creation on. The same owner
   * gets the same instance, however often it asks.
   *
   * @throws SNAPSHOT_NOT_FOUND, SNAPSHOT_FAILED, CLOUD_REFUSED, TIMED_OUT
   */
  launch(snapshots: readonly LaunchSnapshot[], signal: AbortSignal): Promise<LaunchedInstance>;
}

/** Instances that are launched of snapshots that are there. */
export type SnapshotLaunches = Omit<InstanceRestores, 'snapshotTarget'>;

/**
 * Instances that are launched of restores, in a place of their own. What they have made is found and
 * removed by `VolumeRestores`.
 */
export interface InstanceRestores {
  /**
   * Nothing is asked of the cloud.
   *
   * @throws INVALID_ARGUMENT that names all that is neither recorded nor said, or what the cloud would refuse
   */
  plan(request: LaunchPlanRequest): Promise<PlannedLaunch>;

  /** A snapshot for each image that is written, which is its `resourceId`; otherwise as `VolumeRestores.target`. */
  snapshotTarget(
    owner: ResourceOwner,
    place: Pick<VolumePlace, 'region' | 'keyId'>,
    source: RestoreSource,
  ): ImageTarget;
}
