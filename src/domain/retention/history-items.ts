import type { TakenSnapshot, ReplicaSnapshot } from '../backup-session/backup-events.ts';
import type {
  PointId,
  ReplicaSetId,
  RepositoryId,
  SessionId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../identifiers.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';
import type { ChainItem } from './chain-item.ts';
import type { ItemRef } from './retention-plan.ts';
import type { RemoveReason } from './retention-reasons.ts';

/** What snapshot sets, replicas and restore points have in common for retention. */
export interface HistoryItem<Id extends string> extends ChainItem {
  readonly id: Id;
  /** The session that made it. */
  readonly sessionId: SessionId;
  /** Something can be restored from a `complete` one. A `pending` one is being made. */
  readonly condition: 'complete' | 'pending' | 'incomplete';
  /** `manual`: outside of every policy's chain. */
  readonly origin: 'policy' | 'manual';
  /** The own expiry of a manual one; null: never. */
  readonly expiresAt: TimestampMs | null;
  /** Sessions that have not ended and work with it. */
  readonly usedBy: readonly SessionId[];
}

export interface SnapshotSetItem extends HistoryItem<SnapshotSetId> {
  readonly snapshots: readonly TakenSnapshot[];
  /** Copies of it that are wanted or under way. */
  readonly pendingCopies: readonly ReplicaSetId[];
}

export interface ReplicaItem extends HistoryItem<ReplicaSetId> {
  readonly target: ReplicaTarget;
  readonly setId: SnapshotSetId;
  /** Empty while it is not known which copies there are. */
  readonly snapshots: readonly ReplicaSnapshot[];
}

export interface PointItem extends HistoryItem<PointId> {
  readonly setId: SnapshotSetId;
  readonly committedAt: TimestampMs;
  readonly volumeIds: readonly VolumeId[];
  /** The points that its volumes were compared with, or that it needs since it was merged. */
  readonly parents: readonly PointId[];
  /** Where it lies; null when its session did not record that. */
  readonly repositoryId: RepositoryId | null;
  /** When and why it left the chain; null: it is in it. */
  readonly expired: { readonly at: TimestampMs; readonly reasons: readonly RemoveReason[] } | null;
}

/** What there was and is no more. */
export interface GoneItem {
  readonly item: ItemRef;
  readonly takenAt: TimestampMs;
  /** The session whose retention removed it. */
  readonly removedBy: SessionId;
  /** When that session's retention was decided; null: not recorded by sessions of long ago. */
  readonly decidedAt: TimestampMs | null;
  readonly reasons: readonly RemoveReason[];
}

/** A session that committed a restore point, and what that was read from. */
export interface ImageLevelSession {
  readonly sessionId: SessionId;
  readonly pointId: PointId;
  /** The source set; it may have been removed since. */
  readonly setId: SnapshotSetId;
}
