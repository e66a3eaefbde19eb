import type { SessionId, SnapshotId, SnapshotSetId, TimestampMs } from '../identifiers.ts';

/** One snapshot set that exists in the cloud, as the rules see it. */
export interface ChainSet {
  readonly setId: SnapshotSetId;
  readonly sessionId: SessionId;
  readonly takenAt: TimestampMs;
  readonly snapshotIds: readonly SnapshotId[];
  readonly condition: 'complete' | 'incomplete';
}

/** The order of a chain: oldest first; ties broken by id, so that every listing agrees. */
export function compareChainSets(a: ChainSet, b: ChainSet): number {
  if (a.takenAt !== b.takenAt) return a.takenAt - b.takenAt;
  return a.setId < b.setId ? -1 : a.setId > b.setId ? 1 : 0;
}
