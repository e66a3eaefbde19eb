import type { SnapshotBlocks } from '../../../ports/cloud/snapshot-blocks.ts';
import { createEbsBlockSource } from './ebs-block-source.ts';
import type { EbsConnection } from './ebs-connection.ts';

/** Snapshots of EBS, read by GetSnapshotBlock; nothing is asked before the first read. */
export function createEbsSnapshotBlocks(connection: EbsConnection): SnapshotBlocks {
  return {
    open: (snapshotId, sizeBytes) =>
      Promise.resolve(createEbsBlockSource(connection, { snapshotId, sizeBytes })),
  };
}
