import type {
  InstanceId,
  PointId,
  Region,
  ReplicaSetId,
  RepositoryId,
  SessionId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
  WorkerId,
} from '../identifiers.ts';
import type { WithheldItem } from '../instance/hold.ts';
import type { InstanceNotice } from '../instance/instance-notice.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';
import type { RetentionPlan } from '../retention/retention-plan.ts';
import type { Sensitive } from '../sensitive/sensitive.ts';
import type {
  AttachedVolume,
  BackedUpVolume,
  ExcludedVolume,
  BackupScope,
  CommittedVolume,
  PlannedVolume,
  PointKind,
  Problem,
  ReplicaSnapshot,
  TakenSnapshot,
} from './backup-events.ts';
import type { AdoptedItems } from './adoption-events.ts';
import type { SessionOrigin } from './session-origin.ts';
import type { TransferCounts } from './transfer-counts.ts';

/** The state of a backup session: a fold over its events, and nothing else. */
export type BackupSession = NotStarted | StartedBackup;

export interface NotStarted {
  readonly status: 'not-started';
}

export type SessionStatus = 'running' | 'succeeded' | 'warning' | 'failed' | 'cancelled';

export interface StartedBackup {
  readonly status: SessionStatus;
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
  readonly kind: 'backup' | 'maintenance';
  readonly scope: BackupScope;
  /** What was asked for, of a session that makes a point. */
  readonly pointKind: PointKind;
  readonly origin: SessionOrigin;
  /** Null: made by hand, or the maintenance of an instance that no policy covers. */
  readonly policy: BackupPolicy | null;
  readonly replicaTargets: readonly ReplicaTarget[];
  readonly startedAt: TimestampMs;
  readonly endedAt: TimestampMs | null;
  /** Set once the session cannot or shall not reach its goal; it then cleans up and ends so. */
  readonly ending: Ending | null;

  readonly instance: InspectedInstance | null;
  readonly snapshotSet: SnapshotSetState | null;
  readonly writer: WriterState;
  readonly readPlan: readonly PlannedVolume[] | null;
  readonly worker: WorkerProgress;
  /** Why the first worker is on demand although the policy says spot; null: that was not refused. */
  readonly spotRefused: Problem | null;
  /** In the order of the read plan; empty before it. */
  readonly transfers: readonly VolumeTransfer[];
  readonly point: CommittedPoint | null;
  /** In the order of `replicaTargets`, as far as they were asked for. */
  readonly replicas: readonly ReplicaProgress[];
  readonly retention: RetentionPlan | null;
  readonly expiredPoints: readonly PointId[];
  /** Null until the removals are cleared. */
  readonly withheld: readonly WithheldItem[] | null;
  readonly removed: RemovedItems;
  /** Tried in vain. */
  readonly unremoved: RemovedItems;
  /** What it took into the ledger, whichever session had made it. */
  readonly adopted: AdoptedItems;
  readonly warnings: readonly Problem[];
}

export interface RemovedItems {
  readonly sets: readonly SnapshotSetId[];
  readonly replicas: readonly ReplicaSetId[];
  readonly points: readonly PointId[];
}

/** How far the copying of the set to one target has got. */
export interface ReplicaProgress {
  readonly replicaSetId: ReplicaSetId;
  readonly target: ReplicaTarget;
  /**
   * `requested`: copies may or may not exist. `failed`: none is left. `torn`: failed, and some
   * of its copies may be left.
   */
  readonly state: 'requested' | 'started' | 'completed' | 'failed' | 'torn';
  /** Empty until it is started. */
  readonly snapshots: readonly ReplicaSnapshot[];
  readonly completedAt: TimestampMs | null;
}

export type Ending =
  | { readonly outcome: 'failed'; readonly problem: Problem }
  | { readonly outcome: 'cancelled'; readonly reason: string };

export interface InspectedInstance {
  readonly region: Region;
  readonly volumes: readonly BackedUpVolume[];
  readonly excluded: readonly ExcludedVolume[];
  readonly notices: readonly InstanceNotice[];
  readonly configuration: Sensitive<Readonly<Record<string, unknown>>>;
}

export interface SnapshotSetState {
  readonly setId: SnapshotSetId;
  /** `requested`: it may or may not exist. `abandoned`: it does not. */
  readonly state: 'requested' | 'taken' | 'completed' | 'abandoned';
  readonly takenAt: TimestampMs | null;
  readonly snapshots: readonly TakenSnapshot[];
}

export type WriterState =
  | { readonly state: 'none' }
  /**
   * The engine may have died between registering it and recording that, or have registered it by
   * half: its traces have to be removed before the end.
   */
  | { readonly state: 'possible' }
  | {
      readonly state: 'registered' | 'closed';
      readonly repositoryId: RepositoryId;
      readonly format: string;
    };

export type WorkerProgress =
  /**
   * The engine reads the blocks itself, and nothing in the cloud stands for that. `attemptsUsed` is the
   * attempt that was begun last, 0 before the first.
   */
  | {
      readonly state: 'direct';
      readonly attemptsUsed: number;
      /** In a row: what is stored in between begins them anew. */
      readonly failures: number;
    }
  /**
   * `none`: none was ever asked for, or all that were are gone. `possible`: the engine may have
   * died between launching one and recording it, so one has to be looked for before the end.
   */
  | { readonly state: 'none' | 'possible'; readonly attemptsUsed: number }
  | {
      readonly state: 'launched' | 'attached' | 'lost';
      readonly attemptsUsed: number;
      readonly workerId: WorkerId;
      readonly volumes: readonly AttachedVolume[];
    };

/** How far one volume has got. */
export interface VolumeTransfer extends TransferCounts {
  readonly volumeId: VolumeId;
  readonly plannedBlocks: number;
  /** Position in the plan up to which everything is durable. */
  readonly endPlanned: number;
  /** The segments that count, in the order of the plan. */
  readonly segments: readonly TransferredRun[];
}

export interface TransferredRun {
  readonly attempt: number;
  readonly firstSegment: number;
  readonly endSegment: number;
}

export interface CommittedPoint {
  readonly pointId: PointId;
  readonly committedAt: TimestampMs;
  readonly volumes: readonly CommittedVolume[];
}

export const initialBackupSession: BackupSession = { status: 'not-started' };

/**
 * Until its restore point is committed or its retention decided, a session can still be cancelled
 * or fail; after that it goes on to its end whatever happens.
 */
export function canBeGivenUp(session: StartedBackup): boolean {
  return (
    session.status === 'running' &&
    session.ending === null &&
    session.point === null &&
    session.retention === null
  );
}

/** True when everything that was planned to be read is durable in the repository. */
export function isTransferComplete(session: StartedBackup): boolean {
  return (
    session.readPlan !== null &&
    session.transfers.every((transfer) => transfer.endPlanned === transfer.plannedBlocks)
  );
}
