import type {
  DeviceName,
  Region,
  ReplicaSetId,
  SessionId,
  SnapshotId,
  TimestampMs,
  VolumeId,
} from '../../domain/identifiers.ts';
import type { ReplicaTarget } from '../../domain/policy/replica-target.ts';
import type { ResourceOwner } from './resource-owner.ts';
import type { SnapshotState } from './snapshots.ts';

/** A copy of one snapshot in a region of an account; from its completion on it does not need its source. */
export interface ReplicaDescription {
  readonly snapshotId: SnapshotId;
  readonly replicaSetId: ReplicaSetId;
  readonly owner: ResourceOwner;
  readonly target: ReplicaTarget;
  readonly sourceSnapshotId: SnapshotId;
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly sizeBytes: number;
  readonly startedAt: TimestampMs;
  readonly state: SnapshotState;
  /** Why, for the state `error`; otherwise empty. */
  readonly stateMessage: string;
}

export interface ReplicaRequest {
  readonly replicaSetId: ReplicaSetId;
  readonly owner: ResourceOwner;
  readonly target: ReplicaTarget;
  readonly sourceSnapshotId: SnapshotId;
}

export interface CopyOptions {
  /**
   * Ends every wait of a copy that was not begun yet; it then rejects with the signal's reason. The source may be
   * shared by then.
   */
  readonly signal?: AbortSignal;
}

/** Copies of snapshots in the regions of one account. */
export interface Replicas {
  /**
   * Begins to copy one completed snapshot of this cloud's region, owner and replica set attached
   * at creation. The copy may still be `pending` when this resolves, and fail later. Where a cloud
   * takes only so many at once, it is begun when it is its turn. Another account may read the source
   * from then on, until that is taken back.
   *
   * Not idempotent (no cloud has a token for it): look with `find` before trying again.
   *
   * @throws SNAPSHOT_NOT_FOUND; INVALID_ARGUMENT for a region or a key that the cloud does not have, and
   *   for a source that the account cannot be given to read;
   *   LIMIT_EXCEEDED, STORE_FULL; then nothing of the copy stays.
   */
  copy(request: ReplicaRequest, options?: CopyOptions): Promise<ReplicaDescription>;

  /** All copies in the region that carry this owner session, whatever their state. */
  find(
    region: Region,
    owner: { readonly sessionId: SessionId },
  ): Promise<readonly ReplicaDescription[]>;

  /** Those of `snapshotIds` that exist in the region; one call for many. */
  describe(
    region: Region,
    snapshotIds: readonly SnapshotId[],
  ): Promise<readonly ReplicaDescription[]>;

  /** Removes one copy, finished or not; fine when it is gone already. */
  delete(region: Region, snapshotId: SnapshotId): Promise<void>;

  /**
   * Takes back what `copy` gave the account to read: called when the copies of these sources have ended,
   * whichever way. Fine when nothing was given, or a source is gone.
   */
  releaseSources(sourceIds: readonly SnapshotId[]): Promise<void>;
}
