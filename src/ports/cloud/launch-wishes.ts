import type { DeviceName } from '../../domain/identifiers.ts';

/** What is said of an instance to be launched; what is not is as it was recorded. */
export interface LaunchWishes {
  readonly instanceType?: string;
  readonly subnetId?: string;
  /** A free address of the subnet. Not taken from what was recorded: the old instance may still have it. */
  readonly privateIpAddress?: string;
  readonly securityGroupIds?: readonly string[];
  /** Of the role; by its ARN or name. */
  readonly instanceProfile?: string;
  /** Where no other one is said. Default: `copy`. */
  readonly recordedProfile?: 'copy' | 'leave';
  readonly keyName?: string;
  /** Where no other one is said. Default: `copy`. */
  readonly recordedKeyName?: 'copy' | 'leave';
  /** Besides the recorded ones, or in their place. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Default: `copy`. */
  readonly recordedTags?: 'copy' | 'leave';
  readonly tenancy?: 'default' | 'dedicated' | 'host';
  readonly bootMode?: 'legacy-bios' | 'uefi' | 'uefi-preferred';
  readonly monitoring?: 'basic' | 'detailed';
  readonly ebsOptimized?: 'on' | 'off';
  readonly enaSupport?: 'on' | 'off';
  /** Each of them; those that are not said are as recorded. */
  readonly metadataOptions?: MetadataWishes;
  /** Of all volumes, the root among them, for which `volumes` says no other. */
  readonly volumeType?: string;
  /** The key that encrypts the volumes; null: each as its snapshot is. */
  readonly keyId: string | null;
  /** At most one for a device. */
  readonly volumes?: readonly LaunchVolumeWishes[];
  readonly architecture?: string;
  /** The recorded device of the volume that is the root. */
  readonly rootDevice?: string;
}

/** How the instance's metadata service answers, by the names of EC2. */
export interface MetadataWishes {
  readonly httpTokens?: 'required' | 'optional';
  readonly httpEndpoint?: 'enabled' | 'disabled';
  /** From 1 to 64. */
  readonly httpPutResponseHopLimit?: number;
  readonly instanceMetadataTags?: 'enabled' | 'disabled';
}

/** What is said of one volume. */
export interface LaunchVolumeWishes {
  /** The recorded one, by which it is known. */
  readonly device: DeviceName;
  /** The one that it is to have. */
  readonly newDevice?: DeviceName;
  /** At least that of the snapshot, which is the default. */
  readonly sizeGib?: number;
  /** With a type that is said, here or for all, recorded IOPS and throughput are not used. */
  readonly volumeType?: string;
  /** Of gp3, io1 and io2. */
  readonly iops?: number;
  /** In MiB a second, of gp3. */
  readonly throughput?: number;
  /** Whether it goes with the instance. */
  readonly onTermination?: 'delete' | 'keep';
}
