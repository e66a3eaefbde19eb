import { type AwsCallLimits, awsCallLimits } from '../client/aws-call-limits.ts';

/** Every limit of the EBS direct APIs; the quotas are per account and region, and per snapshot. */
export interface EbsLimits {
  readonly call: AwsCallLimits;
  /** Blocks of one page that are asked for; EBS gives 10,000 at most, and by default few. */
  readonly pageBlocks: number;
  /** Pages without a block in a row: the largest volume has 13,422 windows of 10,000 blocks. */
  readonly emptyPagesMax: number;
  /** Beginning a list again, after its token has expired, without any new block in between. */
  readonly restartsMax: number;
  /** GetSnapshotBlock per second: the quota of a snapshot, which nobody can have raised. */
  readonly readsPerSecondMax: number;
  /** What is asked for at first; whatever else the account reads counts too. */
  readonly readsPerSecondFirst: number;
  readonly readsPerSecondMin: number;
  /** How much more is tried each second in which nothing was refused. */
  readonly readsPerSecondGain: number;
  /** Throttled again within this time is the same event. */
  readonly throttleEventMs: number;
  /** Blocks that one read asks for at once. */
  readonly blocksAtOnceMax: number;
  /**
   * Blocks that whoever reads a whole snapshot should have under way: at the 100 ms that one takes, so
   * many make 1,000 a second, and a few that are late stop nobody.
   */
  readonly blocksAtOnceWanted: number;
  /** How long a snapshot that was just started may be unknown to who takes its blocks. */
  readonly snapshotAppearsMs: number;
  /** Between two tries then. */
  readonly snapshotAppearsPollMs: number;
  /** EBS gives a started snapshot up when nothing was written to it for so long; 10 to 4,320. */
  readonly snapshotIdleMinutes: number;
  /** Pages of block tokens in memory, some 2 MB each. */
  readonly tokenPagesMax: number;
}

export const ebsLimits: EbsLimits = {
  // A hanging read is better given up: a block is there within a tenth of a second as a rule.
  call: {
    ...awsCallLimits,
    attemptsMax: 10,
    idleTimeoutMs: 12_000,
    callTimeoutMs: 20_000,
    connectionsMax: 160,
  },
  pageBlocks: 10_000,
  emptyPagesMax: 20_000,
  restartsMax: 10,
  readsPerSecondMax: 1_000,
  readsPerSecondFirst: 500,
  readsPerSecondMin: 5,
  readsPerSecondGain: 50,
  throttleEventMs: 250,
  blocksAtOnceMax: 32,
  blocksAtOnceWanted: 128,
  tokenPagesMax: 4,
  snapshotAppearsMs: 120_000,
  snapshotAppearsPollMs: 1_000,
  snapshotIdleMinutes: 60,
};
