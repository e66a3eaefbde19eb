import type { StartedBackup } from '../../src/domain/backup-session/backup-session.ts';
import type { InstanceId, PolicyId, PointId, SessionId } from '../../src/domain/identifiers.ts';
import type { ReplicaItem } from '../../src/domain/retention/history-items.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { BackupFate } from './backup-fate.ts';
import type { DiskContent } from '../support/simulation/cloud/disk-content.ts';
import type { ModelPolicy } from './model-instance.ts';

export const web = 'i-web' as InstanceId;
export const policyId = 'of-web' as PolicyId;

/** The real engine in virtual time, and what can be done to it and to its world. */
export interface RealInstance {
  /** The one that is alive. */
  readonly engine: Engine;
  /** What has happened so far: types of events, and what commands have added. */
  readonly happened: Set<string>;
  /** Of backups and maintenance, in the order in which they began. */
  readonly sessionIds: readonly SessionId[];

  /** As the engine has it. */
  now(): number;
  setPolicy(policy: ModelPolicy): Promise<void>;
  /** Nothing runs meanwhile. */
  wait(durationMs: number): Promise<void>;
  /** Sets the clock by which engines go, back when negative. */
  setClocks(byMs: number): void;
  /** Fills a block of the disk with this number, repeated. */
  write(block: number, word: number): Promise<void>;
  /** Takes the instance out of the cloud. */
  terminate(): Promise<void>;
  stateOf(sessionId: SessionId): Promise<StartedBackup>;
  /** The ids of what exists: in the cloud and in the repository, not in the ledger, which only names the replicas. */
  existing(named: readonly ReplicaItem[]): Promise<readonly string[]>;
  /** A restore of the point gives these bytes. */
  assertRestores(pointId: PointId, content: DiskContent): Promise<void>;
}

/** A backup that somebody, or a run of the policy, is about to begin. */
export interface BackupToMeet {
  readonly by: 'somebody' | 'a-run';
  begin(signal: AbortSignal): Promise<{ readonly ended: Promise<unknown> }>;
}

/** One whose world can let these things happen to a backup. */
export interface FatefulInstance<Fate extends BackupFate> extends RealInstance {
  /** Resolves when the backup has ended, whoever has ended it. */
  backUp(fate: Fate, backup: BackupToMeet): Promise<void>;
}
