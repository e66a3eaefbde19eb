import type {
  DeviceName,
  InstanceId,
  PointId,
  Region,
  RepositoryId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
  WorkerId,
} from '../identifiers.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import type { FullReadReason } from '../read-plan/read-reason.ts';
import type { TransferCounts } from './transfer-counts.ts';
import type { KeepReason, RemoveReason } from '../retention/retention-reasons.ts';

/** An event of the backup of one instance. Stream `session-<id>`; docs/events.md explains each. */
interface Event<Type extends string, Data> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/** What a session was asked to make. */
export type BackupScope = 'snapshot-only' | 'image-level';

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

export interface TakenSnapshot {
  readonly snapshotId: SnapshotId;
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly sizeBytes: number;
}

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

/** What a worker did with a part of one volume's plan; sums over segments. */
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

export interface KeptSet {
  readonly setId: SnapshotSetId;
  readonly takenAt: TimestampMs;
  readonly reasons: readonly KeepReason[];
}

/**
 * Without its snapshots, which `SnapshotTaken` lists: a chain of a thousand sets of many volumes
 * has to fit into one event.
 */
export interface SetToRemove {
  readonly setId: SnapshotSetId;
  readonly takenAt: TimestampMs;
  readonly reasons: readonly RemoveReason[];
}

export type SessionStarted = Event<
  'SessionStarted',
  {
    kind: 'backup';
    sessionId: SessionId;
    instanceId: InstanceId;
    scope: BackupScope;
    /** The policy as it was when the session began. */
    policy: BackupPolicy;
    startedAt: TimestampMs;
    /** Not in sessions of versions that made incremental points only. */
    pointKind?: PointKind;
  }
>;
export type InstanceInspected = Event<
  'InstanceInspected',
  {
    region: Region;
    volumes: readonly BackedUpVolume[];
    configuration: Readonly<Record<string, unknown>>;
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
/** The session ended before its set was made; nothing exists in the cloud. */
export type SnapshotAbandoned = Event<'SnapshotAbandoned', { setId: SnapshotSetId }>;
/** The repository knows the session as a writer; it may contain data of it from here on. */
export type WriterRegistered = Event<
  'WriterRegistered',
  { repositoryId: RepositoryId; format: string }
>;
export type ReadPlanned = Event<'ReadPlanned', { volumes: readonly PlannedVolume[] }>;
export type WorkerLaunched = Event<'WorkerLaunched', { attempt: number; workerId: WorkerId }>;
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
export type RetentionDecided = Event<
  'RetentionDecided',
  { keep: readonly KeptSet[]; remove: readonly SetToRemove[] }
>;
export type SnapshotRemoved = Event<
  'SnapshotRemoved',
  { setId: SnapshotSetId; snapshotIds: readonly SnapshotId[] }
>;
/** A set that was to go could not be removed now; the next retention decides anew. */
export type SnapshotRemovalFailed = Event<
  'SnapshotRemovalFailed',
  { setId: SnapshotSetId; problem: Problem }
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
  | VolumesAttached
  | BlocksTransferred
  | WorkerLost
  | RestorePointCommitted
  | WorkerRemoved
  | WriterClosed
  | RetentionDecided
  | SnapshotRemoved
  | SnapshotRemovalFailed
  | FailureDetected
  | CancellationRequested
  | SessionCompleted
  | SessionFailed
  | SessionCancelled;
