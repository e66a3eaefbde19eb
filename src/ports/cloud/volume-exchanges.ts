import type {
  DeviceName,
  InstanceId,
  Region,
  SessionId,
  VolumeId,
} from '../../domain/identifiers.ts';
import type { RemovedRemnant, VolumePerformance } from './volume-restores.ts';
import type { ResourceOwner } from './resource-owner.ts';

/** A volume of an instance, with what another one in its place has to be like. */
export interface OriginalVolume {
  readonly device: DeviceName;
  readonly volumeId: VolumeId;
  readonly onTermination: 'delete' | 'keep';
  readonly volumeType: string;
  readonly performance: VolumePerformance;
  /** The key that encrypts it; null: it is in clear, or nothing is told of a key. */
  readonly keyId: string | null;
  /** Other instances that use it as well. */
  readonly sharedWith: readonly InstanceId[];
}

/** An instance whose volumes can be exchanged. */
export interface OriginalInstance {
  readonly instanceId: InstanceId;
  readonly region: Region;
  /** Where its volumes have to be. */
  readonly availabilityZone: string;
  /** `changing`: on its way from one to the other. */
  readonly state: 'running' | 'stopped' | 'changing';
  readonly volumes: readonly OriginalVolume[];
  /** Why it must not be stopped, for a person; null: nothing is known against it. */
  readonly obstacle: string | null;
}

/** A volume as a restore to the original place has left it. */
export type KeptVolumeState = 'free' | 'in-use' | 'gone';

/** A volume that was detached for a restore, and is to stay. */
export interface KeptVolume {
  readonly volumeId: VolumeId;
  readonly owner: { readonly sessionId: SessionId; readonly instanceId: InstanceId };
}

export interface ExchangeRequest {
  readonly instanceId: InstanceId;
  readonly device: DeviceName;
  /** Detached from the instance where it is attached to it; null: nothing. */
  readonly detach: VolumeId | null;
  /** Attached in its place; null: nothing. */
  readonly attach: VolumeId | null;
  readonly onTermination: 'delete' | 'keep';
}

/**
 * Volumes of an instance that give way to others, in the region of the cloud. Whatever is asked for begins
 * with how things are, so that it can be asked for again after a reply was lost or an engine has died.
 */
export interface VolumeExchanges {
  /** @throws UNKNOWN_INSTANCE also for one that is being terminated */
  look(instanceId: InstanceId): Promise<OriginalInstance>;

  /** How each of these volumes stands. */
  describe(volumeIds: readonly VolumeId[]): Promise<ReadonlyMap<VolumeId, KeptVolumeState>>;

  /**
   * Marks a volume as kept by the restore, before it is detached. One that carries marks of a restore already
   * is left as it is.
   *
   * @throws VOLUME_NOT_FOUND, LIMIT_EXCEEDED when it has no room for the tags
   */
  keep(owner: ResourceOwner, volume: Pick<OriginalVolume, 'volumeId' | 'device'>): Promise<void>;

  /** Takes the marks of restores from a volume; fine when it has none, or is gone. */
  release(volumeId: VolumeId): Promise<void>;

  /** Resolves when it is stopped. @throws UNKNOWN_INSTANCE, TIMED_OUT, CLOUD_REFUSED */
  stop(instanceId: InstanceId, signal?: AbortSignal): Promise<void>;

  /** Resolves when it runs. @throws UNKNOWN_INSTANCE, TIMED_OUT, CLOUD_REFUSED, LIMIT_EXCEEDED */
  start(instanceId: InstanceId, signal?: AbortSignal): Promise<void>;

  /**
   * Of a stopped instance; resolves when the one volume is free, and the other one attached.
   *
   * @throws UNKNOWN_INSTANCE, VOLUME_NOT_FOUND, CLOUD_REFUSED, TIMED_OUT
   */
  exchange(request: ExchangeRequest, signal?: AbortSignal): Promise<void>;

  /**
   * Removes a volume that a restore has kept. One that is attached stays. Fine when it is gone already.
   *
   * @throws RESOURCE_UNTRUSTED for one that does not carry the marks of a restore as they were written
   */
  removeKept(volumeId: VolumeId): Promise<RemovedRemnant>;
}
