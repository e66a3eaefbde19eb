import type {
  DeviceName,
  InstanceId,
  Region,
  SessionId,
  SnapshotId,
} from '../../domain/identifiers.ts';
import type { VolumePlace } from '../../domain/restore-session/volume-place.ts';
import type { FinishedImage, ImageTarget } from '../image-target.ts';
import type { ResourceOwner } from './resource-owner.ts';

/** What the restore of a session has made, and may have to take back. */
export interface RestoreRemnant {
  readonly type: 'snapshot' | 'volume' | 'image' | 'instance';
  readonly resourceId: string;
  readonly owner: { readonly sessionId: SessionId; readonly instanceId: InstanceId };
}

/** What is known of the volumes that a point was made of. */
export interface RestoreSource {
  /** Of the instance, as the cloud described it for the point. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Without it, and without a key, no volume is made of one that was encrypted (INVALID_ARGUMENT). */
  readonly unencrypted: 'accept' | 'refuse';
  /** Of the new volumes; default: what their type begins with. */
  readonly performance?: VolumePerformance;
}

/** What a volume is to do beyond what its type begins with. */
export interface VolumePerformance {
  readonly iops: number | null;
  /** In MiB/s, as EC2 counts it. */
  readonly throughput: number | null;
}

export type RemovedRemnant = 'removed' | 'in-use';

export interface SnapshotVolumeRequest {
  readonly owner: ResourceOwner;
  /** In the region of the snapshot. */
  readonly place: VolumePlace;
  readonly snapshotId: SnapshotId;
  /** Default: what its type begins with. */
  readonly performance?: VolumePerformance;
  /** Ends, by its reason, whatever is waited for. */
  readonly signal: AbortSignal;
}

/** Volumes that are made of snapshots, in their region, and what restores have made in any. */
export type SnapshotRestores = Omit<VolumeRestores, 'target'>;

/** Volumes that are made of restore points, in any region, and of snapshots, in theirs. */
export interface VolumeRestores {
  /**
   * A new volume for each one that is opened, attached to nothing. It exists once its writer has
   * finished; a damaged one is refused then (POINT_DAMAGED). Everything carries the owner from its
   * creation on.
   */
  target(owner: ResourceOwner, place: VolumePlace, source: RestoreSource): ImageTarget;

  /**
   * Refuses, before anything is made, what could not be made there.
   *
   * @throws INVALID_ARGUMENT
   */
  checkPlace(
    place: VolumePlace,
    volumes: readonly { readonly device: DeviceName; readonly sizeBytes: number }[],
  ): Promise<void>;

  /**
   * A new volume of a snapshot, attached to nothing, once it can be used; the snapshot stays. When it
   * rejects none is left. Everything carries the owner from its creation on. The same session gets the
   * same volume of a snapshot, however often it asks.
   *
   * @throws SNAPSHOT_NOT_FOUND, SNAPSHOT_FAILED, TIMED_OUT
   */
  ofSnapshot(request: SnapshotVolumeRequest): Promise<FinishedImage>;

  /**
   * What carries the session in a region and can be removed, in the order in which that can be done: of
   * its volumes those that are attached to nothing.
   */
  find(
    region: Region,
    owner: { readonly sessionId: SessionId },
  ): Promise<readonly RestoreRemnant[]>;

  /**
   * Fine when it is gone already. A volume that is attached to anything is its user's: it is never
   * detached, and stays. With an instance the volumes go that it was launched with.
   */
  remove(
    region: Region,
    remnant: Pick<RestoreRemnant, 'type' | 'resourceId'>,
  ): Promise<RemovedRemnant>;
}
