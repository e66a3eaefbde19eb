import type { SnapshotId } from '../../domain/identifiers.ts';
import type { BlockSource } from '../block-source.ts';

/** The blocks of snapshots, read without a volume or a worker. */
export interface SnapshotBlocks {
  /**
   * A completed snapshot of this cloud's region. A block that was never written reads as zeros.
   * Nothing is made in the cloud, whatever becomes of the reader.
   *
   * @param sizeBytes of the snapshot, as it was described
   * @throws SNAPSHOT_NOT_FOUND where that is known at once; otherwise reads fail with DISK_UNREADABLE
   */
  open(snapshotId: SnapshotId, sizeBytes: number): Promise<BlockSource>;
}
