import type {
  DeviceName,
  InstanceId,
  PolicyId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../../domain/identifiers.ts';
import type { ResourceOwner } from './resource-owner.ts';

/** `archived`: completed, but neither its blocks nor volumes of it can be had before it is back from an archive. */
export type SnapshotState = 'pending' | 'completed' | 'archived' | 'error';

export interface SnapshotDescription {
  readonly snapshotId: SnapshotId;
  readonly setId: SnapshotSetId;
  /** Equal on what one `createSet` has made, at one moment, and on nothing else. */
  readonly requestId: string;
  readonly owner: ResourceOwner;
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly sizeBytes: number;
  readonly startedAt: TimestampMs;
  readonly state: SnapshotState;
  /** Why, for the states `error` and `archived`; otherwise empty. */
  readonly stateMessage: string;
}

export interface SnapshotSetRequest {
  readonly setId: SnapshotSetId;
  readonly owner: ResourceOwner;
  readonly instanceId: InstanceId;
  /** Which of the instance's volumes: at least one. */
  readonly volumes: readonly { readonly volumeId: VolumeId; readonly device: DeviceName }[];
  /** Null when no policy asked for it. */
  readonly policyId: PolicyId | null;
  /** Whether each snapshot gets the tags of its volume besides; a cloud without such tags does nothing. */
  readonly volumeTags: 'copy' | 'leave';
  /** Of the instance, as it was told: a cloud may keep it with the set, for when all else is lost. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

export interface CreateSetOptions {
  /**
   * Aborting it ends a creation that copies, within about a second: it then rejects with the
   * signal's reason, and nothing of the set stays. Where a cloud only begins a set and answers at
   * once, it has no effect.
   */
  readonly signal?: AbortSignal;
  /**
   * Called now and then by a cloud that copies, and not at all where a set is only begun; must return
   * quickly.
   */
  readonly onProgress?: (progress: SnapshotProgress) => void;
}

/** How much of the disks of a set is copied, over all of them. */
export interface SnapshotProgress {
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface Snapshots {
  /**
   * Begins one crash-consistent snapshot set, owner and set id attached at creation. Snapshots
   * may still be `pending` when this resolves.
   *
   * Not idempotent (no cloud has a token for it): look with `find` before trying again.
   *
   * @throws LIMIT_EXCEEDED or INVALID_ARGUMENT when a snapshot cannot take the tags of its volume;
   *   UNKNOWN_INSTANCE, VOLUME_NOT_FOUND, DISK_MISSING, DISK_UNREADABLE, DISK_EMPTY,
   *   DISK_NOT_ALIGNED, DISK_CHANGED, STORE_FULL; then nothing of the set stays.
   */
  createSet(
    request: SnapshotSetRequest,
    options?: CreateSetOptions,
  ): Promise<readonly SnapshotDescription[]>;

  /** All snapshots that carry this owner session, whatever their state. */
  find(owner: { readonly sessionId: SessionId }): Promise<readonly SnapshotDescription[]>;

  /** All snapshots of this instance that carry an owner, oldest first. */
  listOf(instanceId: InstanceId): Promise<readonly SnapshotDescription[]>;

  /** Those of `snapshotIds` that exist; one call for many, because waiting polls in batches. */
  describe(snapshotIds: readonly SnapshotId[]): Promise<readonly SnapshotDescription[]>;

  /** Removes one snapshot; fine when it is gone already. */
  delete(snapshotId: SnapshotId): Promise<void>;
}
