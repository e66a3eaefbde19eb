import type { Problem } from '../backup-session/backup-events.ts';
import type { VolumeExchange } from './volume-exchange.ts';
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
    /** The engine that restores: when it dies, only an exchange of volumes can be gone on with. */
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
/** The intent: what is made from here on is to take the place of the instance's own volumes. */
export type OriginalRestoreRequested = Event<'OriginalRestoreRequested', { region: Region }>;
/** The intent: the instance may be stopped, and volumes of it be detached and kept, from here on. */
export type VolumeExchangeRequested = Event<'VolumeExchangeRequested', VolumeExchange>;
export type InstanceStopped = Event<'InstanceStopped', { instanceId: InstanceId }>;
export type VolumeExchanged = Event<'VolumeExchanged', { device: DeviceName }>;
/** The intent: the exchange did not succeed, and everything goes back to where it was. */
export type PutBackRequested = Event<'PutBackRequested', { problem: Problem }>;
export type VolumePutBack = Event<'VolumePutBack', { device: DeviceName }>;
export type InstanceStarted = Event<'InstanceStarted', { instanceId: InstanceId }>;
/** Another engine goes on with an exchange whose engine died. */
export type RestoreTakenOver = Event<'RestoreTakenOver', { engineId: EngineId }>;
/** The intent: what a restore to the original place has kept goes, and its new volumes are the instance's own. */
export type RestoreConfirmed = Event<
  'RestoreConfirmed',
  {
    region: Region;
    confirms: SessionId;
    kept: readonly VolumeId[];
    /** New volumes, which are no longer told to be of a restore. */
    released: readonly VolumeId[];
  }
>;
export type KeptVolumeRemoved = Event<'KeptVolumeRemoved', { volumeId: VolumeId }>;
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
  | OriginalRestoreRequested
  | VolumeExchangeRequested
  | InstanceStopped
  | VolumeExchanged
  | PutBackRequested
  | VolumePutBack
  | InstanceStarted
  | RestoreTakenOver
  | RestoreConfirmed
  | KeptVolumeRemoved
  | RestoreCompleted
  | RestoreFailed
  | RestoreCancelled;
