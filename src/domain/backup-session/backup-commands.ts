import type {
  InstanceId,
  PointId,
  ReplicaSetId,
  RepositoryId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
  WorkerId,
} from '../identifiers.ts';
import type { WithheldItem } from '../instance/hold.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';
import type { InstanceHistory } from '../retention/instance-history.ts';
import type { ObsoleteRule } from '../retention/obsolete-rule.ts';
import type { PointDependency } from '../retention/retention-plan.ts';
import type { RulesOf } from '../retention/retention-rule.ts';
import type { AdoptedItems } from './adoption-events.ts';
import type {
  AttachedVolume,
  BackupScope,
  CommittedVolume,
  PlannedVolume,
  PointKind,
  Problem,
  ReplicaSnapshot,
  TakenSnapshot,
  TransferredBlocks,
} from './backup-events.ts';
import type { InspectedInstance } from './backup-session.ts';
import type { SessionOrigin } from './session-origin.ts';

/**
 * What the engine tells a session: an order, or the outcome of a step. Clocks, ids and results of
 * I/O come in here and nowhere else.
 */
export type BackupCommand =
  | {
      readonly type: 'StartSession';
      readonly sessionId: SessionId;
      readonly instanceId: InstanceId;
      readonly scope: BackupScope;
      readonly origin: SessionOrigin;
      readonly policy: BackupPolicy | null;
      readonly pointKind: PointKind;
      /** Which targets it is now the turn of; none for maintenance. */
      readonly replicaTargets: readonly ReplicaTarget[];
      readonly now: TimestampMs;
    }
  /** The whole of a session that takes into the ledger what was found. */
  | {
      readonly type: 'AdoptItems';
      readonly sessionId: SessionId;
      readonly instanceId: InstanceId;
      readonly origin: SessionOrigin;
      readonly policy: BackupPolicy | null;
      readonly items: AdoptedItems;
      readonly now: TimestampMs;
    }
  | { readonly type: 'RecordInstance'; readonly instance: InspectedInstance }
  | { readonly type: 'RequestSnapshots'; readonly setId: SnapshotSetId }
  | {
      readonly type: 'RecordSnapshots';
      readonly takenAt: TimestampMs;
      readonly snapshots: readonly TakenSnapshot[];
    }
  | { readonly type: 'RecordSnapshotsCompleted' }
  /** The session is ending, and its requested set was looked for and does not exist. */
  | { readonly type: 'AbandonSnapshots' }
  | {
      readonly type: 'RecordWriter';
      readonly repositoryId: RepositoryId;
      readonly format: string;
    }
  | { readonly type: 'RecordReadPlan'; readonly volumes: readonly PlannedVolume[] }
  | { readonly type: 'RecordWorker'; readonly attempt: number; readonly workerId: WorkerId }
  | { readonly type: 'RecordSpotRefused'; readonly attempt: number; readonly problem: Problem }
  | { readonly type: 'RecordAttachments'; readonly volumes: readonly AttachedVolume[] }
  | { readonly type: 'RecordTransfer'; readonly progress: TransferredBlocks }
  | {
      readonly type: 'RecordWorkerLost';
      readonly problem: Problem;
      readonly attemptsMax: number;
    }
  | { readonly type: 'BeginDirectRead'; readonly attempt: number }
  | {
      readonly type: 'RecordDirectReadFailed';
      readonly problem: Problem;
      readonly failuresMax: number;
    }
  | {
      readonly type: 'RecordPoint';
      readonly pointId: PointId;
      readonly committedAt: TimestampMs;
      readonly volumes: readonly CommittedVolume[];
    }
  | {
      readonly type: 'RecordWorkerRemoved';
      readonly workers: readonly WorkerId[];
      readonly volumes: readonly VolumeId[];
    }
  | { readonly type: 'RecordWriterClosed' }
  | { readonly type: 'RequestReplica'; readonly replicaSetId: ReplicaSetId }
  | { readonly type: 'RecordReplicaStarted'; readonly snapshots: readonly ReplicaSnapshot[] }
  | {
      readonly type: 'RecordReplicated';
      readonly completedAt: TimestampMs;
      readonly stillShared: Problem | null;
    }
  | {
      readonly type: 'RecordReplicaFailed';
      readonly problem: Problem;
      readonly copies: 'none' | 'perhaps-left';
      readonly stillShared: Problem | null;
    }
  | RetentionCommand
  | { readonly type: 'RecordFailure'; readonly step: string; readonly problem: Problem }
  | { readonly type: 'Cancel'; readonly reason: string }
  | { readonly type: 'EndSession'; readonly now: TimestampMs };

/** Of retention: that it is to be decided, and what became of its steps. */
export type RetentionCommand =
  | {
      readonly type: 'DecideRetention';
      readonly history: InstanceHistory;
      /** What becomes of items that no policy rules over. */
      readonly obsolete: ObsoleteRule;
      readonly pointDependency: PointDependency;
      readonly now: TimestampMs;
      /** Default: the rules that the policy's settings stand for. */
      readonly rulesOf?: RulesOf;
    }
  | { readonly type: 'ExpirePoints'; readonly now: TimestampMs }
  | { readonly type: 'RecordRemovalsCleared'; readonly withheld: readonly WithheldItem[] }
  | {
      readonly type: 'RecordSnapshotRemoved';
      readonly setId: SnapshotSetId;
      readonly snapshotIds: readonly SnapshotId[];
    }
  | {
      readonly type: 'RecordSnapshotNotRemoved';
      readonly setId: SnapshotSetId;
      readonly problem: Problem;
    }
  | {
      readonly type: 'RecordReplicaRemoved';
      readonly replicaSetId: ReplicaSetId;
      readonly snapshotIds: readonly SnapshotId[];
    }
  | {
      readonly type: 'RecordReplicaNotRemoved';
      readonly replicaSetId: ReplicaSetId;
      readonly problem: Problem;
    }
  | { readonly type: 'RecordPointRemoved'; readonly pointId: PointId }
  | {
      readonly type: 'RecordPointNotRemoved';
      readonly pointId: PointId;
      readonly problem: Problem;
    };
