import type { DeviceName, SnapshotId, VolumeId } from '../identifiers.ts';

/** A snapshot of one volume of a set. */
export interface TakenSnapshot {
  readonly snapshotId: SnapshotId;
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly sizeBytes: number;
}
