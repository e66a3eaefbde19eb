import type { DeviceName, InstanceId, VolumeId } from '../identifiers.ts';

/** What somebody has to know of the backups of an instance, and that stops none of them. */
export type InstanceNotice =
  /** Disks of its host, which no snapshot holds: they are not backed up. */
  | { readonly kind: 'instance-store'; readonly sizeGb: number }
  /** Whether it has such disks could not be asked, or EC2 did not tell. */
  | { readonly kind: 'instance-store-unknown' }
  /** What other instances that use the volume have not written yet is not in its snapshots. */
  | {
      readonly kind: 'multi-attach';
      readonly volumeId: VolumeId;
      readonly device: DeviceName;
      /** All that the volume is attached to. */
      readonly instanceIds: readonly InstanceId[];
    };
