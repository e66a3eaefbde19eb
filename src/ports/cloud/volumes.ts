import type { SessionId, SnapshotId, VolumeId, WorkerId } from '../../domain/identifiers.ts';
import type { ResourceOwner } from './resource-owner.ts';

/** A temporary volume, re-created from a snapshot for a worker to read. */
export interface TemporaryVolume {
  readonly volumeId: VolumeId;
  readonly snapshotId: SnapshotId;
  readonly owner: ResourceOwner;
  /** Null while it is attached to no worker. */
  readonly attachedTo: WorkerId | null;
}

export interface TemporaryVolumeRequest {
  readonly snapshotId: SnapshotId;
  readonly owner: ResourceOwner;
  /** The same token gives the same volume, however often it is asked. */
  readonly clientToken: string;
}

export interface Volumes {
  /** @throws SNAPSHOT_NOT_FOUND, STORE_FULL */
  create(request: TemporaryVolumeRequest): Promise<TemporaryVolume>;
  /**
   * Attaches the volume to the worker; resolves when the worker can see it. Fine when it is
   * attached there already.
   *
   * @throws VOLUME_NOT_FOUND, WORKER_NOT_FOUND
   */
  attach(volumeId: VolumeId, workerId: WorkerId): Promise<void>;
  find(owner: { readonly sessionId: SessionId }): Promise<readonly TemporaryVolume[]>;
  /** Detaches the volume if need be and removes it; fine when it is gone already. */
  delete(volumeId: VolumeId): Promise<void>;
}

/** What may remove volumes of sessions that have ended, which their user can have attached since. */
export interface FreeVolumes {
  /** Removes the volume unless it is attached; detaches nothing. Fine when it is gone already. */
  deleteFree(volumeId: VolumeId): Promise<'removed' | 'in-use'>;
}
