import type { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceNotice } from '../../domain/instance/instance-notice.ts';
import type { DeviceName, InstanceId, Region, VolumeId } from '../../domain/identifiers.ts';

export interface InstanceVolume {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly sizeBytes: number;
  /** Exactly one volume of an instance is its root. */
  readonly role: 'root' | 'data';
  readonly tags: Readonly<Record<string, string>>;
}

export interface InstanceDescription {
  readonly instanceId: InstanceId;
  readonly region: Region;
  readonly tags: Readonly<Record<string, string>>;
  /** In the order of their device names. */
  readonly volumes: readonly InstanceVolume[];
  /**
   * Product codes of a marketplace, on account of which no worker may have volumes that are made of
   * snapshots of the instance; default: none.
   */
  readonly productCodes?: readonly string[];
  /** Default: none. A cloud may tell them of one instance only, and not in a list. */
  readonly notices?: readonly InstanceNotice[];
  /** What restoring the whole instance will need; plain JSON, as the cloud tells it. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** Instances, and those of which it is only known that they are there. */
export interface ReadableInstances {
  /** In the order of their ids. */
  readonly instances: readonly InstanceDescription[];
  readonly unreadable: readonly {
    readonly instanceId: InstanceId;
    readonly error: SnapledgerError;
  }[];
}

export interface Instances {
  /** Those that can be read, and which cannot. */
  readable(): Promise<ReadableInstances>;
  /** @throws UNKNOWN_INSTANCE, DISK_* when a disk cannot be described. */
  describe(instanceId: InstanceId): Promise<InstanceDescription>;
}
