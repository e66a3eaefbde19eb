import type { VolumeId } from '../domain/identifiers.ts';
import type { BlockSource } from '../ports/block-source.ts';

/** The volumes that are attached to this worker. */
export interface Devices {
  /**
   * Null as long as the volume is not there.
   *
   * @throws DISK_UNREADABLE, DISK_CHANGED
   */
  open(volumeId: VolumeId, sizeBytes: number): Promise<BlockSource | null>;
}
