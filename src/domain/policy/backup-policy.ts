import type { PolicyId } from '../identifiers.ts';

/** What is to be done for the instances of a policy. A session carries the policy as it was. */
export interface BackupPolicy {
  readonly policyId: PolicyId;
  readonly snapshots: SnapshotPolicy;
  readonly image: ImagePolicy;
}

export interface SnapshotPolicy {
  readonly retention: SnapshotRetention;
  /**
   * Whether the snapshot set of a session that completes its image-level backup becomes the CBT
   * base before or after this session's retention runs. `before-retention` frees the old base one
   * session earlier and is the default; docs/retention.md has both worked examples.
   */
  readonly baseMoves: 'before-retention' | 'after-retention';
}

/** Which snapshot sets the policy itself wants; pins come on top. */
export interface SnapshotRetention {
  readonly kind: 'count';
  readonly keep: number;
}

export interface ImagePolicy {
  readonly level: 'on' | 'off';
  /** Whether the CBT base is pinned and changed blocks are asked for. */
  readonly changedBlockTracking: 'on' | 'off';
  readonly compression: 'fast' | 'balanced' | 'small';
  /** Who reads the blocks: a worker instance with the volumes attached. */
  readonly transport: 'worker';
}
