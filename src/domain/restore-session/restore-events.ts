import type { Problem } from '../backup-session/backup-events.ts';
import type { VolumePlace } from './volume-place.ts';
import type {
  DeviceName,
  EngineId,
  InstanceId,
  Region,
  SessionId,
  TimestampMs,
  VolumeId,
} from '../identifiers.ts';
import type { ItemRef } from '../retention/retention-plan.ts';
import type { Sensitive } from '../sensitive/sensitive.ts';

/** An event of the restore of a point, snapshot set or replica. Stream `session-<id>`; docs/events.md explains each. */
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
  /** Of the volume that it is in the cloud; null: it is an image, or this was not recorded yet. */
  readonly resourceId: string | null;
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
    /** What is restored: nothing removes it before the restore has ended. */
    source: ItemRef;
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
/** The intent: snapshots, an image and an instance may exist in the cloud from here on, tagged with this session. */
export type RestoreInstanceRequested = Event<
  'RestoreInstanceRequested',
  {
    region: Region;
    /** All that it is launched with; null: that could not be sealed, and so is not recorded. */
    configuration: Sensitive<Readonly<Record<string, unknown>>> | null;
  }
>;
/** It runs; its volumes are told of at the same time. */
export type InstanceRestored = Event<'InstanceRestored', { resourceId: string }>;
export type VolumeRestored = Event<'VolumeRestored', RestoredVolume>;
export type RestoreCompleted = Event<
  'RestoreCompleted',
  {
    /** What is left in the cloud although nothing needs it any more, and why. */
    warnings: readonly Problem[];
    endedAt: TimestampMs;
  }
>;
export type RestoreFailed = Event<'RestoreFailed', { problem: Problem; endedAt: TimestampMs }>;
export type RestoreCancelled = Event<'RestoreCancelled', { reason: string; endedAt: TimestampMs }>;

export type RestoreSessionEvent =
  | RestoreStarted
  | RestoreVolumeRequested
  | RestoreInstanceRequested
  | InstanceRestored
  | VolumeRestored
  | RestoreCompleted
  | RestoreFailed
  | RestoreCancelled;
