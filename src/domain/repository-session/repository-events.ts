import type { Problem } from '../backup-session/backup-events.ts';
import type {
  DeviceName,
  EngineId,
  InstanceId,
  PointId,
  RepositoryId,
  SessionId,
  TimestampMs,
  VolumeId,
} from '../identifiers.ts';
import type { RepositoryWork } from './repository-work.ts';

/** An event of the maintenance of a repository. Stream `session-<id>`; docs/events.md explains each. */
interface Event<Type extends string, Data> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/** So many objects of the store, and their bytes. */
export interface StoredData {
  readonly objects: number;
  readonly bytes: number;
}

export type RepositorySessionStarted = Event<
  'RepositorySessionStarted',
  {
    kind: 'repository';
    sessionId: SessionId;
    repositoryId: RepositoryId;
    work: RepositoryWork;
    /** Whose restore points a repacking, a merging or a repair is for; null for other work, which is for all. */
    instanceId: InstanceId | null;
    /** The engine that does it: when it dies, the work is begun anew by another session. */
    engineId: EngineId;
    startedAt: TimestampMs;
  }
>;
/** A session that was registered in the repository can make no point from now on, or has made it. */
export type WriterEnded = Event<
  'WriterEnded',
  {
    writerId: SessionId;
    instanceId: InstanceId;
    outcome: 'discarded' | 'committed';
    why: 'session-ended' | 'asked-for';
  }
>;
export type CollectionPlanned = Event<
  'CollectionPlanned',
  {
    inUse: StoredData;
    removable: StoredData;
    awaiting: StoredData;
    /** Needed by nobody, and locked; `until` is when the last of it can go. */
    held: StoredData & { until: TimestampMs | null };
    unexplained: StoredData;
    leftovers: number;
    openWriters: readonly SessionId[];
  }
>;
export type DataCondemned = Event<'DataCondemned', StoredData & { generation: number }>;
export type DataRemoved = Event<'DataRemoved', StoredData>;
/** What is to be stored anew, so that objects of which little is needed can go. */
export type RepackPlanned = Event<
  'RepackPlanned',
  {
    instanceId: InstanceId;
    /** Objects of which little is needed, with all that they hold. */
    sparse: StoredData;
    /** What is needed of them. */
    liveBytes: number;
    /** As sparse, and left for another time. */
    left: StoredData;
  }
>;
/** What points need is in a new place from now on; the session's own objects hold it. */
export type DataMoved = Event<
  'DataMoved',
  {
    instanceId: InstanceId;
    pointsMoved: number;
    bytesWritten: number;
    /** Blocks that cannot be read, and stay where they are. */
    blocksDamaged: number;
  }
>;
/** Which points are to take over what they need of others, so that these can go. */
export type MergePlanned = Event<
  'MergePlanned',
  {
    instanceId: InstanceId;
    merges: readonly {
      readonly pointId: PointId;
      readonly absorbed: readonly PointId[];
      readonly bytesToWrite: number;
    }[];
    /** Points that are left for another time. */
    left: number;
  }
>;
/** The point needs the absorbed ones no more; what it needs is in its parents and in itself. */
export type PointMerged = Event<
  'PointMerged',
  {
    instanceId: InstanceId;
    pointId: PointId;
    absorbed: readonly PointId[];
    parents: readonly PointId[];
    bytesWritten: number;
  }
>;
/** A piece of damage, as it hurts one point. */
interface FoundDamage {
  pointId: PointId;
  /** Both null when it is not at a place of a volume. */
  volumeId: VolumeId | null;
  device: DeviceName | null;
  objectKey: string;
  firstBlock: number;
  blockCount: number;
  reason: string;
}

/** Something that a point needs cannot be read, or is not what was written. */
export type DamageFound = Event<'DamageFound', FoundDamage>;
/** What is damaged of the points of an instance, each piece once, and what of it can be healed. */
export interface HealableDamage {
  readonly blocksDamaged: number;
  readonly blocksFromCopies: number;
  readonly blocksFromElsewhere: number;
  readonly mapPartsDamaged: number;
  readonly mapPartsHealed: number;
  readonly objectsSpoilt: number;
}
export type RepairPlanned = Event<'RepairPlanned', HealableDamage & { instanceId: InstanceId }>;
/** What was lost is there again, in a new place; the session's own objects hold it. */
export type DamageHealed = Event<
  'DamageHealed',
  HealableDamage & { instanceId: InstanceId; pointsHealed: number; bytesWritten: number }
>;
/** Damage that a repair has not healed. */
export type DamageLeft = Event<'DamageLeft', FoundDamage>;
/** What a repair knows of the points in the end: in place of all that was known of them before. */
export type PointsMarked = Event<
  'PointsMarked',
  { instanceId: InstanceId; sound: readonly PointId[]; damaged: readonly PointId[] }
>;
/** All data of these objects that points need was read. */
export type ObjectsVerified = Event<
  'ObjectsVerified',
  { sound: readonly string[]; damaged: readonly string[]; verifiedAt: TimestampMs }
>;
export type VerificationCovered = Event<
  'VerificationCovered',
  {
    objects: number;
    bytes: number;
    /** All that the points need. */
    objectsTotal: number;
    bytesTotal: number;
    /** How often damage was found; not every finding has an event of its own. */
    findings: number;
  }
>;
export type RepositorySessionCompleted = Event<
  'RepositorySessionCompleted',
  { endedAt: TimestampMs }
>;
export type RepositorySessionFailed = Event<
  'RepositorySessionFailed',
  { problem: Problem; endedAt: TimestampMs }
>;
export type RepositorySessionCancelled = Event<
  'RepositorySessionCancelled',
  { reason: string; endedAt: TimestampMs }
>;

export type RepositorySessionEvent =
  | RepositorySessionStarted
  | WriterEnded
  | CollectionPlanned
  | DataCondemned
  | DataRemoved
  | RepackPlanned
  | DataMoved
  | MergePlanned
  | PointMerged
  | DamageFound
  | RepairPlanned
  | DamageHealed
  | DamageLeft
  | PointsMarked
  | ObjectsVerified
  | VerificationCovered
  | RepositorySessionCompleted
  | RepositorySessionFailed
  | RepositorySessionCancelled;
