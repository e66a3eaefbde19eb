import type { Problem } from '../backup-session/backup-events.ts';
import type { VolumePlace } from './volume-place.ts';
import type {
  DeviceName,
  EngineId,
  InstanceId,
  PointId,
  SessionId,
  TimestampMs,
  VolumeId,
} from '../identifiers.ts';
import type { Sensitive } from '../sensitive/sensitive.ts';

/** An event of the restore of one point. Stream `session-<id>`; docs/events.md explains each. */
interface Event<Type extends string, Data> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

export interface RestoredVolume {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly sizeBytes: number;
  /** Where it is now, for a person; null: that could not be sealed, and so is not recorded. */
  readonly location: Sensitive<string> | null;
  readonly bytesWritten: number;
  /** Bytes that could not be restored because what is stored of them is damaged. */
  readonly bytesDamaged: number;
}

export type RestoreStarted = Event<
  'RestoreStarted',
  {
    kind: 'restore';
    sessionId: SessionId;
    instanceId: InstanceId;
    pointId: PointId;
    /** The engine that restores: when it dies, the restore cannot be gone on with. */
    engineId: EngineId;
    volumeIds: readonly VolumeId[];
    startedAt: TimestampMs;
  }
>;
/** The intent: a snapshot and a volume may exist in the cloud from here on, tagged with this session. */
export type RestoreVolumeRequested = Event<
  'RestoreVolumeRequested',
  { volumeId: VolumeId; device: DeviceName; place: VolumePlace }
>;
export type VolumeRestored = Event<'VolumeRestored', RestoredVolume>;
export type RestoreCompleted = Event<'RestoreCompleted', { endedAt: TimestampMs }>;
export type RestoreFailed = Event<'RestoreFailed', { problem: Problem; endedAt: TimestampMs }>;
export type RestoreCancelled = Event<'RestoreCancelled', { reason: string; endedAt: TimestampMs }>;

export type RestoreSessionEvent =
  | RestoreStarted
  | RestoreVolumeRequested
  | VolumeRestored
  | RestoreCompleted
  | RestoreFailed
  | RestoreCancelled;
