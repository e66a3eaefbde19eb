import type {
  DeviceName,
  InstanceId,
  PointId,
  Region,
  ReplicaSetId,
  RepositoryId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
  WorkerId,
} from '../identifiers.ts';
import type { WithheldItem } from '../instance/hold.ts';
import type { InstanceNotice } from '../instance/instance-notice.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';
import type { VolumeExclusion } from '../policy/volume-selection.ts';
import type { WorkerMachine } from '../policy/worker-policy.ts';
import type { FullReadReason } from '../read-plan/read-reason.ts';
import type { RecordedPlan } from '../retention/recorded-plan.ts';
import type { RemoveReason } from '../retention/retention-reasons.ts';
import type { Sensitive } from '../sensitive/sensitive.ts';
import type { ReplicaAdopted, SnapshotSetAdopted } from './adoption-events.ts';
import type { SessionOrigin } from './session-origin.ts';
import type { TakenSnapshot } from './taken-snapshot.ts';
import type { TransferCounts } from './transfer-counts.ts';

/** An event of the backup of one instance. Stream `session-<id>`; docs/events.md explains each. */
interface Event<Type extends string, Data> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/** What a session was asked to make; `retention-only` and `adoption` are those of maintenance. */
export type BackupScope = 'snapshot-only' | 'image-level' | MaintenanceScope;

/** `adoption` takes into the ledger what was found in the cloud, and removes nothing. */
export type MaintenanceScope = 'retention-only' | 'adoption';

/**
 * Whether a restore point may share what earlier points have stored, or has everything stored anew:
 * a `full` point needs nothing that was there before it, so it heals what is damaged there.
 */
export type PointKind = 'incremental' | 'full';

export interface BackedUpVolume {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly sizeBytes: number;
  readonly role: 'root' | 'data';
}

export interface ExcludedVolume {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly reason: VolumeExclusion;
}

export type { TakenSnapshot };

/** How one volume is to be read. */
export interface PlannedVolume {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly snapshotId: SnapshotId;
  readonly sizeBytes: number;
  readonly mode: 'changed' | 'allocated' | 'everything';
  /** Null when the mode is `changed`. */
  readonly reason: FullReadReason | null;
  readonly baseSnapshotId: SnapshotId | null;
  readonly parentPointId: PointId | null;
  /** The transfer plan in the repository. */
  readonly planId: string;
  readonly plannedBlocks: number;
}

export interface AttachedVolume {
  /** The temporary volume. */
  readonly volumeId: VolumeId;
  readonly snapshotId: SnapshotId;
}

/** What a worker, or the engine itself, did with a part of one volume's plan; sums over segments. */
export interface TransferredBlocks extends TransferCounts {
  readonly volumeId: VolumeId;
  readonly attempt: number;
  readonly firstSegment: number;
  /** After the last segment. */
  readonly endSegment: number;
  /** How much of the plan is durable now: all of it when equal to `plannedBlocks`. */
  readonly endPlanned: number;
}

export interface CommittedVolume {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly sizeBytes: number;
  readonly blocksStored: number;
  readonly bytesStored: number;
  readonly mapBytesStored: number;
}

/** Why something went wrong; the code is one of docs/errors.md. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** A copy of one snapshot of the set. */
export interface ReplicaSnapshot {
  readonly snapshotId: SnapshotId;
  readonly sourceSnapshotId: SnapshotId;
  readonly volumeId: VolumeId;
}

export type SessionStarted = Event<
  'SessionStarted',
  {
    /** `maintenance` exactly when the scope is that of maintenance. */
    kind: 'backup' | 'maintenance';
    sessionId: SessionId;
    instanceId: InstanceId;
    scope: BackupScope;
    origin: SessionOrigin;
    /**
     * The policy as it was when the session began. Null only by hand, and for the maintenance of
     * an instance that no policy covers.
     */
    policy: BackupPolicy | null;
    /** Where the snapshot set is to be copied. */
    /** `incremental` also where no point is made. */
    pointKind: PointKind;
    replicaTargets: readonly ReplicaTarget[];
    startedAt: TimestampMs;
  }
>;
export type InstanceInspected = Event<
  'InstanceInspected',
  {
    region: Region;
    /** Those that are backed up. */
    volumes: readonly BackedUpVolume[];
    /** Those that the policy leaves out. */
    excluded: readonly ExcludedVolume[];
    notices: readonly InstanceNotice[];
    configuration: Sensitive<Readonly<Record<string, unknown>>>;
  }
>;
/** The intent: snapshots may exist from here on, tagged with this session. */
export type SnapshotRequested = Event<'SnapshotRequested', { setId: SnapshotSetId }>;
export type SnapshotTaken = Event<
  'SnapshotTaken',
  { setId: SnapshotSetId; takenAt: TimestampMs; snapshots: readonly TakenSnapshot[] }
>;
/** The whole set is in the state `completed` and can be read. */
export type SnapshotCompleted = Event<'SnapshotCompleted', { setId: SnapshotSetId }>;
/** The session is ending, and no set of it exists in the cloud: it was not made, or not whole and removed. */
export type SnapshotAbandoned = Event<'SnapshotAbandoned', { setId: SnapshotSetId }>;
/** The repository knows the session as a writer; it may contain data of it from here on. */
export type WriterRegistered = Event<
  'WriterRegistered',
  { repositoryId: RepositoryId; format: string }
>;
export type ReadPlanned = Event<'ReadPlanned', { volumes: readonly PlannedVolume[] }>;
export type WorkerLaunched = Event<
  'WorkerLaunched',
  WorkerMachine & { attempt: number; workerId: WorkerId }
>;
/** EC2 gives no spot instance now: the workers of this session are on demand from here on. */
export type SpotRefused = Event<'SpotRefused', { attempt: number; problem: Problem }>;
export type VolumesAttached = Event<
  'VolumesAttached',
  { attempt: number; workerId: WorkerId; volumes: readonly AttachedVolume[] }
>;
export type BlocksTransferred = Event<'BlocksTransferred', TransferredBlocks>;
/** The worker died, fell silent or failed in a way that another one may not. */
export type WorkerLost = Event<
  'WorkerLost',
  { attempt: number; workerId: WorkerId; problem: Problem }
>;
/**
 * The engine reads the blocks of the snapshots itself from here on. An attempt belongs to one process:
 * another engine that goes on with the session begins the next one.
 */
export type DirectReadStarted = Event<'DirectReadStarted', { attempt: number }>;
/** What was durable by then counts; the next attempt goes on from there. */
export type DirectReadFailed = Event<'DirectReadFailed', { attempt: number; problem: Problem }>;
export type RestorePointCommitted = Event<
  'RestorePointCommitted',
  { pointId: PointId; committedAt: TimestampMs; volumes: readonly CommittedVolume[] }
>;
/** No worker and no temporary volume of this session exists any more. */
export type WorkerRemoved = Event<
  'WorkerRemoved',
  { workers: readonly WorkerId[]; volumes: readonly VolumeId[] }
>;
/** The repository holds nothing any more that the session needed only while it ran. */
export type WriterClosed = Event<'WriterClosed', { result: 'committed' | 'discarded' }>;
/** The intent: copies may exist in the target from here on, tagged with this session. */
export type ReplicaRequested = Event<
  'ReplicaRequested',
  { replicaSetId: ReplicaSetId; target: ReplicaTarget }
>;
/** Every copy was begun; they may still be pending. */
export type ReplicaStarted = Event<
  'ReplicaStarted',
  { replicaSetId: ReplicaSetId; target: ReplicaTarget; snapshots: readonly ReplicaSnapshot[] }
>;
/** Every copy is completed: the replica needs its source no more. */
export type Replicated = Event<
  'Replicated',
  {
    replicaSetId: ReplicaSetId;
    target: ReplicaTarget;
    completedAt: TimestampMs;
    /** Why the account of the target can still read the snapshots of the set; null: it cannot. */
    stillShared: Problem | null;
  }
>;
/** There is no replica in this target; the session goes on, and ends with a warning. */
export type ReplicaFailed = Event<
  'ReplicaFailed',
  {
    replicaSetId: ReplicaSetId;
    target: ReplicaTarget;
    problem: Problem;
    /** `perhaps-left`: retention removes what there is of them. */
    copies: 'none' | 'perhaps-left';
    /** As of `Replicated`. */
    stillShared: Problem | null;
  }
>;
export type RetentionDecided = Event<'RetentionDecided', RecordedPlan>;
/** The point has left the chain; its data stays until `RestorePointRemoved`. */
export type RestorePointExpired = Event<
  'RestorePointExpired',
  { pointId: PointId; reasons: readonly RemoveReason[]; expiredAt: TimestampMs }
>;
/** From here on what was decided is removed; holds placed before this were honoured. */
export type RemovalsCleared = Event<'RemovalsCleared', { withheld: readonly WithheldItem[] }>;
export type SnapshotRemoved = Event<
  'SnapshotRemoved',
  { setId: SnapshotSetId; snapshotIds: readonly SnapshotId[] }
>;
/** A set that was to go could not be removed now; the next retention decides anew. */
export type SnapshotRemovalFailed = Event<
  'SnapshotRemovalFailed',
  { setId: SnapshotSetId; problem: Problem }
>;
export type ReplicaRemoved = Event<
  'ReplicaRemoved',
  { replicaSetId: ReplicaSetId; snapshotIds: readonly SnapshotId[] }
>;
/** The next retention decides anew. */
export type ReplicaRemovalFailed = Event<
  'ReplicaRemovalFailed',
  { replicaSetId: ReplicaSetId; problem: Problem }
>;
/** The point cannot be restored any more. */
export type RestorePointRemoved = Event<'RestorePointRemoved', { pointId: PointId }>;
/** The next retention tries again. */
export type RestorePointRemovalFailed = Event<
  'RestorePointRemovalFailed',
  { pointId: PointId; problem: Problem }
>;
/** The session cannot reach its goal; what follows is cleaning up. */
export type FailureDetected = Event<'FailureDetected', { step: string; problem: Problem }>;
export type CancellationRequested = Event<'CancellationRequested', { reason: string }>;
export type SessionCompleted = Event<
  'SessionCompleted',
  { outcome: 'succeeded' | 'warning'; warnings: readonly Problem[]; endedAt: TimestampMs }
>;
export type SessionFailed = Event<'SessionFailed', { problem: Problem; endedAt: TimestampMs }>;
export type SessionCancelled = Event<'SessionCancelled', { reason: string; endedAt: TimestampMs }>;

export type BackupSessionEvent =
  | SessionStarted
  | InstanceInspected
  | SnapshotRequested
  | SnapshotTaken
  | SnapshotCompleted
  | SnapshotAbandoned
  | WriterRegistered
  | ReadPlanned
  | WorkerLaunched
  | SpotRefused
  | VolumesAttached
  | BlocksTransferred
  | WorkerLost
  | DirectReadStarted
  | DirectReadFailed
  | RestorePointCommitted
  | WorkerRemoved
  | WriterClosed
  | ReplicaRequested
  | ReplicaStarted
  | Replicated
  | ReplicaFailed
  | RetentionDecided
  | RestorePointExpired
  | RemovalsCleared
  | SnapshotRemoved
  | SnapshotRemovalFailed
  | ReplicaRemoved
  | ReplicaRemovalFailed
  | RestorePointRemoved
  | RestorePointRemovalFailed
  | SnapshotSetAdopted
  | ReplicaAdopted
  | FailureDetected
  | CancellationRequested
  | SessionCompleted
  | SessionFailed
  | SessionCancelled;
