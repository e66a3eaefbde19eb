import type { BackupScope, PointKind } from '../domain/backup-session/backup-events.ts';
import type { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type {
  DeviceName,
  InstanceId,
  PointId,
  PolicyId,
  Region,
  SessionId,
  TimestampMs,
  VolumeId,
} from '../domain/identifiers.ts';
import type { SessionOrigin } from '../domain/backup-session/session-origin.ts';
import type { HeavyLoss, PolicyChange } from '../domain/policy/policy-change.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import type { SelectableInstance } from '../domain/policy/instance-selection.ts';
import type { ReplicaTarget } from '../domain/policy/replica-target.ts';
import type { SnapshotItemRef } from '../domain/retention/retention-plan.ts';
import type { VolumePlace } from '../domain/restore-session/volume-place.ts';
import type { ObsoleteRule } from '../domain/retention/obsolete-rule.ts';
import type { CollectionPlan } from '../format/collection.ts';
import type { RepairCounts } from '../format/repairer.ts';
import type { VerifyProgress } from '../format/verification.ts';
import type { LaunchWishes } from '../ports/cloud/launch-wishes.ts';
import type { SnapshotProgress } from '../ports/cloud/snapshots.ts';
import type { KeptVolumeState } from '../ports/cloud/volume-exchanges.ts';
import type { ImageTarget } from '../ports/image-target.ts';
import type { KnownWriter } from './collection/known-writers.ts';
import type { ReconciledPlace } from './reconcile/keep-reconciled.ts';
import type { ReconcileMode } from './reconcile/reconcile.ts';
import type { UnreadableInstance } from './instance/instance-claims.ts';
import type { LostPoint } from './verification/lost-point.ts';
import type { RunningSession, RunningPolicyRun } from './running-session.ts';

export interface BackupRequest {
  readonly instanceId: InstanceId;
  /** Default: what the policy says. */
  readonly scope?: Exclude<BackupScope, 'retention-only'>;
  /**
   * `full`: a point that shares nothing with those before it, because one of them is damaged, say.
   * Default: `incremental`.
   */
  readonly pointKind?: PointKind;
  /**
   * Default: on demand, as the policy says. By hand needs no policy, and no policy ever removes what
   * it makes.
   */
  readonly origin?: SessionOrigin;
  /** Where the set is copied now; default: all targets of the policy, and none by hand. */
  readonly replicaTargets?: readonly ReplicaTarget[];
  /** Aborting it cancels the session; it then cleans up and ends as cancelled. */
  readonly signal?: AbortSignal;
  /** Called now and then while a cloud copies disks for the snapshots; must return quickly. */
  readonly onProgress?: (progress: SnapshotProgress) => void;
}

export interface SessionListFilter {
  readonly instanceId?: InstanceId;
  /** Only sessions that began before this one: the page before a list that begins with it. */
  readonly before?: SessionId;
  /** Only so many, the newest. */
  readonly last?: number;
}

/** What a collection would do, and who is open in the repository. */
export interface CollectionForecast extends Omit<CollectionPlan, 'openWriters'> {
  readonly writers: readonly KnownWriter[];
}

export interface CollectionRequest {
  /**
   * Sessions to be ended first, so that nothing waits for them: they can make no point any more.
   * Those that the ledger has the end of are ended in any case.
   */
  readonly fence?: readonly SessionId[];
  /** Aborting it stops the collection; nothing has to be cleaned up. */
  readonly signal?: AbortSignal;
}

export interface VerificationRequest {
  /** Of stored data; a whole number above 0. One object is read in any case. */
  readonly maxBytes: number;
  /** Aborting it stops the verification. */
  readonly signal?: AbortSignal;
}

export interface RepackRequest {
  readonly instanceId: InstanceId;
  /**
   * About so much data is stored anew; a whole number above 0. One object is repacked in any case, and
   * what says where the data is comes on top.
   */
  readonly maxBytes: number;
  /** Aborting it stops the repacking; nothing has to be cleaned up. */
  readonly signal?: AbortSignal;
}

export interface RepairRequest {
  readonly instanceId: InstanceId;
  /**
   * `known`: what a check of the structure sees, and what verifications have found; `deep`: all data is
   * read first.
   */
  readonly depth: 'known' | 'deep';
  /** Aborting it stops the repair; nothing has to be cleaned up. */
  readonly signal?: AbortSignal;
  /** Called now and then while it looks for damage; must return quickly. */
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** What a repair would do. */
export interface RepairForecast {
  readonly pointsChecked: number;
  readonly damagedPoints: readonly PointId[];
  /** Those of them whose own object is damaged or missing: no repair brings it back, a copy of it does. */
  readonly lostPoints: readonly LostPoint[];
  /** What of the damage can be healed; null when there is none. */
  readonly healable: RepairCounts | null;
  /** Why snapshots that are there could not be read; null: they could, or were not asked. */
  readonly unreadSnapshots: string | null;
}

export interface MergeRequest {
  readonly instanceId: InstanceId;
  /** About so much is written; a whole number above 0. One point is merged in any case. */
  readonly maxBytes: number;
  /** Aborting it stops the merging; nothing has to be cleaned up. */
  readonly signal?: AbortSignal;
}

export interface MaintenanceRequest {
  readonly instanceId: InstanceId;
  /** Aborting it cancels the session, as long as it has not decided. */
  readonly signal?: AbortSignal;
}

export type RestoreRequest = PointRestoreRequest | SnapshotRestoreRequest;

export interface PointRestoreRequest extends RestoreOptions {
  readonly pointId: PointId;
  /** A place for images; or new volumes, an instance, or the instance itself, where the cloud makes any. */
  readonly target: ImageTarget | VolumesTarget | InstanceTarget | OriginalTarget;
}

/** Of a snapshot set or a replica, in its region; the engine moves no data. */
export interface SnapshotRestoreRequest extends RestoreOptions {
  readonly instanceId: InstanceId;
  readonly item: SnapshotItemRef;
  readonly target: VolumesTarget | InstanceTarget | OriginalTarget;
}

interface RestoreOptions {
  /** Default: all volumes. */
  readonly volumeIds?: readonly VolumeId[];
  readonly signal?: AbortSignal;
  /** Called now and then while a volume is written; must return quickly. */
  readonly onProgress?: (progress: RestoreProgress) => void;
}

/** New volumes, attached to nothing. A restore that does not succeed leaves none. */
export interface VolumesTarget extends Omit<VolumePlace, 'region'> {
  readonly kind: 'volumes';
  /** Of the cloud by default; snapshots are restored in their own region alone. */
  readonly region?: Region;
  /**
   * Makes volumes in clear, where the account does so, of those of a point that were encrypted.
   * Default: refused. What is made of an encrypted snapshot is always encrypted.
   */
  readonly unencrypted?: 'accept';
}

/**
 * A new instance with all of the volumes, launched as it was recorded but for what is said otherwise, and
 * beside the old one. A restore that does not succeed leaves none.
 */
export interface InstanceTarget extends LaunchWishes {
  readonly kind: 'instance';
  /** As for volumes. */
  readonly region?: Region;
  /** As for volumes. */
  readonly unencrypted?: 'accept';
}

/**
 * The instance itself: its volumes give way to new ones, and are kept, detached, until `confirmRestore` removes
 * them or `undoRestore` brings them back. A restore that does not succeed puts them back by itself.
 */
export interface OriginalTarget {
  readonly kind: 'original';
  /** Whether an instance that runs is stopped, and started again. */
  readonly running: 'refuse' | 'stop';
  /** Default: of each volume that of the one that gives way. */
  readonly volumeType?: string;
  /** The same of the key. */
  readonly keyId?: string;
  /** As for volumes. */
  readonly unencrypted?: 'accept';
}

export interface UndoRestoreRequest extends Pick<OriginalTarget, 'running'> {
  /** Of a restore to the original place, or of what has undone one. */
  readonly sessionId: SessionId;
  readonly signal?: AbortSignal;
}

export interface ConfirmRestoreRequest {
  readonly sessionId: SessionId;
  readonly signal?: AbortSignal;
}

/** What confirming a restore to the original place would take away. */
export interface ConfirmationPlan {
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
  /** Of each volume that it has detached. Those that are attached to anything stay. */
  readonly kept: readonly {
    readonly device: DeviceName;
    readonly volumeId: VolumeId;
    readonly state: KeptVolumeState;
  }[];
}

/** How far the restore of one volume has got. */
export interface RestoreProgress {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface PolicyRunRequest {
  readonly policyId: PolicyId;
  /** Aborting it cancels the run and its sessions; they clean up and end as cancelled. */
  readonly signal?: AbortSignal;
}

export interface RunPoliciesRequest {
  /** `none-due`: begins what is due now, and comes back when that has ended. */
  readonly until: 'aborted' | 'none-due';
  /** Once aborted nothing is begun any more; what is under way comes to its end. */
  readonly signal?: AbortSignal;
  /** Aborting it cancels what is under way. */
  readonly cancelSignal?: AbortSignal;
  /** Told of each run that this engine begins or goes on with. */
  readonly onRun?: (run: RunningPolicyRun) => void;
  /**
   * What is done with what sessions have left in the cloud that the ledger does not have: what is whole is
   * adopted (`adopt`, default), what is left over removed as well (`remove`), all of it only looked at
   * (`plan`), or nothing. In the region of the cloud and those that policies in force copy to, when the runs begin
   * and then every few hours (`reconcileEveryMs`); never with `none-due`. What does not carry the authentic
   * tags of the repository is never touched. With the region of the cloud the mailboxes of the repository are
   * looked at as well. Only adoptions are recorded.
   */
  readonly reconcile?: ReconcileMode | 'off';
  /** Told of each region that was looked at, or could not be, which stops nothing else. */
  readonly onReconciled?: (region: ReconciledPlace) => void;
  /** Told of each maintenance session that this engine begins; of one that cannot begin `ended` rejects. */
  readonly onMaintenance?: (session: RunningSession) => void;
  /**
   * Told when what is due cannot be looked for and will be tried again: once, until that works. With
   * `none-due`, and when it lasts for about a day, `runPolicies` rejects instead. Told once as well when
   * the store does not let this engine be handed any runs (LEDGER_ACCESS_DENIED): it begins them itself;
   * of each policy that cannot be read (with `none-due` `runPolicies` rejects with the first of them instead);
   * of tags of an instance that could not be recorded; and of an offer of a run that cannot be read.
   */
  readonly onTrouble?: (error: SnapledgerError) => void;
}

export interface PolicyPreviewRequest {
  readonly set?: readonly BackupPolicy[];
  readonly remove?: readonly PolicyId[];
  /** What is to become of items that no policy rules over. */
  readonly obsolete?: ObsoleteRule;
  /** Instances whose tags are to be these. */
  readonly retagged?: readonly SelectableInstance[];
}

export interface PolicyPreview {
  readonly changes: readonly PolicyChange[];
  /**
   * Instances of which a change makes more go, so that more than half of a chain would go, or
   * anything where nothing is kept.
   */
  readonly losses: readonly HeavyLoss[];
  /** Retagged instances that belong to a policy now, and to none then: nothing backs them up any more. */
  readonly uncovered: readonly InstanceId[];
  /** Instances that a change is about, and of which it cannot be told what would go. */
  readonly unreadable: readonly UnreadableInstance[];
}

/** A policy in force, and its runs. */
export interface PolicyDescription {
  readonly policy: BackupPolicy;
  /** How often it was set. */
  readonly version: number;
  readonly setAt: TimestampMs;
  /** The run that is under way, or the last one; null before the first. */
  readonly lastRunId: SessionId | null;
  /** `unreadable`: what is recorded of its runs cannot be read, so that none is begun or gone on with. */
  readonly state: 'idle' | 'running' | 'unreadable';
  /** Why not, where that cannot be read; otherwise null. */
  readonly error: SnapledgerError | null;
  /** Null: on demand only, or never, as things are. */
  readonly nextRunAt: TimestampMs | null;
}
