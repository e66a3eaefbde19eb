import type { PolicyId } from '../identifiers.ts';
import type { RetentionSettings } from '../retention/retention-settings.ts';
import type { InstanceSelection } from './instance-selection.ts';
import type { ReplicaTarget } from './replica-target.ts';
import type { Schedule } from './schedule.ts';
import type { StartWindow } from './start-window.ts';
import type { VolumeSelection } from './volume-selection.ts';
import type { WorkerPolicy } from './worker-policy.ts';

/** What is to be done for which instances, and when. A session carries the policy as it was. */
export interface BackupPolicy {
  readonly policyId: PolicyId;
  /** Of several policies that select an instance the highest wins; a tie goes to the smaller id. */
  readonly priority: number;
  readonly selection: InstanceSelection;
  readonly volumes: VolumeSelection;
  /** IANA name of the time zone of schedules, window and retention's calendar. */
  readonly timeZone: string;
  readonly snapshots: SnapshotPolicy;
  readonly replicas: readonly ReplicaPolicy[];
  readonly image: ImagePolicy;
  /** Outside of it nothing is started; null: always open. */
  readonly window: StartWindow | null;
  /** What becomes of times that passed while nothing could start: one run for all, or none. */
  readonly missedRuns: 'run-once' | 'skip';
  readonly retry: RetrySettings;
}

export interface SnapshotPolicy {
  /** Empty: a set is taken only with an image-level session or on demand. */
  readonly schedules: readonly Schedule[];
  readonly retention: RetentionSettings;
  /**
   * Whether the snapshot set of a session that completes its image-level backup becomes the CBT
   * base before or after this session's retention runs. `before-retention` frees the old base one
   * session earlier and is the default; docs/retention.md has both worked examples.
   */
  readonly baseMoves: 'before-retention' | 'after-retention';
  /** Whether each snapshot gets the tags of its volume, besides those of snapledger. */
  readonly volumeTags: 'copy' | 'leave';
}

export interface ReplicaPolicy {
  readonly target: ReplicaTarget;
  /** Empty: with every snapshot set. */
  readonly schedules: readonly Schedule[];
  readonly retention: RetentionSettings;
}

export interface ImagePolicy {
  readonly level: 'on' | 'off';
  /** Whether the CBT base is pinned and changed blocks are asked for. */
  readonly changedBlockTracking: 'on' | 'off';
  readonly compression: 'fast' | 'balanced' | 'small';
  /**
   * Who reads the blocks: a worker instance with the volumes attached, or the engine itself, from the
   * snapshots and without any volume.
   */
  readonly transport: 'worker' | 'direct';
  /** Empty: with every snapshot set. */
  readonly schedules: readonly Schedule[];
  /** Of restore points; with no rule set all are kept. */
  readonly retention: RetentionSettings;
  readonly workers: WorkerPolicy;
}

/** A retry takes only the instances whose session failed. */
export interface RetrySettings {
  /** Sessions for one instance in one run, the first one included: 1 means no retry. */
  readonly attemptsMax: number;
  readonly waitMinutes: number;
}
