import type { BlockIndex, SnapshotId } from '../../domain/identifiers.ts';

/** A block that differs between two snapshots of one volume. */
export interface ChangedBlock {
  readonly index: BlockIndex;
  /** `absent`: the block was there in the first snapshot and is not in the second. */
  readonly state: 'present' | 'absent';
}

/** Changed block tracking: what the EBS direct APIs tell about completed snapshots. */
export interface ChangedBlocks {
  /**
   * The blocks that were ever written in this snapshot, ascending, in pages.
   *
   * @throws CHANGED_BLOCKS_UNAVAILABLE (`details.reason`: `no-api` | `no-permission`),
   *   SNAPSHOT_NOT_FOUND
   */
  listSnapshotBlocks(snapshotId: SnapshotId): AsyncIterable<readonly BlockIndex[]>;

  /**
   * The blocks of `second` that differ from `first`, ascending, in pages.
   *
   * @throws SNAPSHOTS_UNRELATED when they are not of one volume's lineage,
   *   CHANGED_BLOCKS_UNAVAILABLE, SNAPSHOT_NOT_FOUND
   */
  listChangedBlocks(first: SnapshotId, second: SnapshotId): AsyncIterable<readonly ChangedBlock[]>;
}
