import type {
  HoldId,
  InstanceId,
  PointId,
  PolicyId,
  SessionId,
  TimestampMs,
  VolumeId,
} from '../domain/identifiers.ts';
import type { Hold } from '../domain/instance/hold.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import type { UnreadablePolicy } from '../domain/policy/belonging.ts';
import type { ObsoleteRule } from '../domain/retention/obsolete-rule.ts';
import type { MergePlan } from '../format/point-merger.ts';
import type { RepackPlan } from '../format/relocator.ts';
import type { PointManifest } from '../format/restore-point.ts';
import type { VerifyFinding, VerifyOptions, VerifyProgress } from '../format/verification.ts';
import type { InstanceCounts } from '../ports/catalogue-store.ts';
import type { InstanceDescription } from '../ports/cloud/instances.ts';
import type { ForgetRequest, ForgettingPlan, ForgottenInstance } from './forget/forgetting-plan.ts';
import type { InstanceItems } from './item/describe-items.ts';
import type { UnreadableInstance } from './instance/instance-claims.ts';
import type { ExplainedItem } from './item/explained-item.ts';
import type { FoundItem } from './item/found-item.ts';
import type { FoundHold, HoldList, ListedHold } from './item/listed-hold.ts';
import type { LedgerAudit } from './audit/audit.ts';
import type { MissingPoint } from './point/missing-points.ts';
import type { PointImage } from './point/point-image.ts';
import type { ReconcilableRegion } from './reconcile/reconcilable-region.ts';
import type { Reconciliation, ReconcileMode } from './reconcile/reconcile.ts';
import type { ReplayedEvent } from './replay-session.ts';
import type { Restorable } from './restore/find-restorable.ts';
import type { UnreadableSessions } from './session/session-directory.ts';
import type { SessionSummary } from './session-summary.ts';
import type {
  BackupRequest,
  SessionListFilter,
  CollectionForecast,
  CollectionRequest,
  VerificationRequest,
  MergeRequest,
  RepackRequest,
  RepairForecast,
  RepairRequest,
  MaintenanceRequest,
  RestoreRequest,
  UndoRestoreRequest,
  ConfirmationPlan,
  ConfirmRestoreRequest,
  PolicyRunRequest,
  RunPoliciesRequest,
  PolicyPreviewRequest,
  PolicyPreview,
  PolicyDescription,
} from './engine-requests.ts';
import type {
  RunningSession,
  RunningRepositorySession,
  RunningPolicyRun,
} from './running-session.ts';

export type * from './engine-requests.ts';
export type * from './forget/forgetting-plan.ts';
export type { ReconciledPlace } from './reconcile/keep-reconciled.ts';
export type { ReconcilableRegion } from './reconcile/reconcilable-region.ts';
export type { Reconciliation, ReconcileMode } from './reconcile/reconcile.ts';
export type { MissingPoint } from './point/missing-points.ts';
export type { PointImage } from './point/point-image.ts';
export type { Restorable } from './restore/find-restorable.ts';
export type { SealOutcome } from './seal-outcome.ts';
export type { SessionSummary } from './session-summary.ts';
export type * from './running-session.ts';

/** The engine, as a host service embeds it. Every promise rejects with a SnapledgerError. */
export interface Engine {
  /**
   * Begins the backup of one instance and resolves as soon as the session is recorded; it then
   * runs on its own.
   *
   * @throws UNKNOWN_INSTANCE, NO_POLICY, INSTANCE_BUSY, INVALID_ARGUMENT when a full point is asked
   *   for where only snapshots are taken
   */
  startBackup(request: BackupRequest): Promise<RunningSession>;

  /**
   * Applies retention to one instance now, as a session of its own; also to an instance that was
   * removed, or that no policy covers any more.
   *
   * @throws UNKNOWN_INSTANCE, INSTANCE_BUSY, WRONG_PASSPHRASE
   */
  startMaintenance(request: MaintenanceRequest): Promise<RunningSession>;

  /**
   * Takes over every session whose engine died, and lets each come to its end. Sessions of
   * engines that live are left alone. One that cannot be taken over stops no other: its `ended`
   * rejects.
   *
   * @throws UNKNOWN_INSTANCE when one is named of which nothing is known
   */
  resumeInterrupted(options?: {
    readonly instanceId?: InstanceId;
    readonly signal?: AbortSignal;
  }): Promise<readonly RunningSession[]>;

  /**
   * Restores volumes of a restore point, snapshot set or replica to `target`, as a session of its own.
   * Retention removes nothing that is being restored.
   *
   * @throws UNKNOWN_POINT, POINT_MISSING, UNKNOWN_ITEM, ITEM_BEING_REMOVED, UNKNOWN_VOLUME, TARGET_EXISTS,
   *   INVALID_ARGUMENT; to the original place UNKNOWN_INSTANCE, INSTANCE_RUNNING, INSTANCE_BUSY
   */
  startRestore(request: RestoreRequest): Promise<RunningSession>;

  /**
   * Exchanges the volumes of a restore to the original place with those that it has kept, as a session of its
   * own, which keeps the others and can be undone likewise.
   *
   * @throws UNKNOWN_SESSION, UNKNOWN_INSTANCE, INSTANCE_RUNNING, INSTANCE_BUSY; INVALID_ARGUMENT when it keeps
   *   nothing any more, or something else has changed the volumes
   */
  undoRestore(request: UndoRestoreRequest): Promise<RunningSession>;

  /**
   * What confirming a restore to the original place would remove; nothing is done.
   *
   * @throws UNKNOWN_SESSION, INVALID_ARGUMENT
   */
  planConfirmation(sessionId: SessionId): Promise<ConfirmationPlan>;

  /**
   * Removes the volumes that a restore to the original place has kept, as a session of its own. One that is
   * attached to anything stays.
   *
   * @throws UNKNOWN_SESSION; INVALID_ARGUMENT when there is nothing that could be removed
   */
  confirmRestore(request: ConfirmRestoreRequest): Promise<RunningSession>;

  /**
   * Compares what a region has of the repository with the ledger, and, when asked to, adopts whole snapshot
   * sets and replicas that the ledger does not have, as sessions of their instances, and removes what no
   * session needs any more: workers and volumes of sessions that have ended, and snapshots and copies
   * that are no whole set; with the region in which the engine works also what such sessions have left in the
   * mailboxes of the repository. What cannot be adopted or removed stops nothing else and is told, and what belongs
   * to a session that cannot be read is kept. Once the signal aborts nothing further is done.
   *
   * @throws the signal's reason
   */
  reconcile(
    region: ReconcilableRegion,
    mode: ReconcileMode,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Reconciliation>;

  /** @throws POLICY_INVALID, UNKNOWN_INSTANCE */
  setPolicy(policy: BackupPolicy): Promise<void>;
  /** Sets several policies; all are checked before the first is stored. @throws as `setPolicy` */
  setPolicies(policies: readonly BackupPolicy[]): Promise<void>;
  /** What was made by it stays. @throws UNKNOWN_POLICY */
  removePolicy(policyId: PolicyId): Promise<void>;
  /** In the order of their ids; without those that cannot be read (`unreadablePolicies`). */
  listPolicies(): Promise<readonly PolicyDescription[]>;
  /**
   * Policies of which what is recorded cannot be read, because a newer version wrote it or it is damaged:
   * nothing is begun by them, and what their instances may have of them is kept.
   */
  unreadablePolicies(): Promise<readonly UnreadablePolicy[]>;
  /** @throws UNKNOWN_POLICY */
  describePolicy(policyId: PolicyId): Promise<PolicyDescription>;
  /**
   * What setting and removing these policies, setting this rule for obsolete items, and giving these tags
   * to instances would do at the next retention of each instance.
   *
   * @throws POLICY_INVALID, UNKNOWN_POLICY
   */
  previewPolicies(request: PolicyPreviewRequest): Promise<PolicyPreview>;
  /**
   * Runs a policy now, whatever its schedules and window say: one session for each instance.
   *
   * @throws UNKNOWN_POLICY, POLICY_BUSY, WRONG_PASSPHRASE; REVISION_CONFLICT when another engine was faster
   */
  startPolicyRun(request: PolicyRunRequest): Promise<RunningPolicyRun>;
  /**
   * Goes on with interrupted runs and begins those that are due, again and again; and applies retention,
   * as sessions of their own, to instances of which time lets something go while no backup does.
   */
  runPolicies(request: RunPoliciesRequest): Promise<void>;
  /**
   * Records the tags that an instance has now, if it ever had a session. Sessions and `runPolicies` do so
   * by themselves; whoever changes tags can do so at once, so that `explainItem` knows to which policy
   * the instance belonged at a moment until the next of those.
   */
  recordTags(instanceId: InstanceId): Promise<void>;
  /** The policy that the instance belongs to, or null. */
  policyOf(instanceId: InstanceId): Promise<BackupPolicy | null>;

  /** In the order of their ids; without those that cannot be read (`unreadableInstances`). */
  listInstances(): Promise<readonly InstanceDescription[]>;
  /** Instances of which what the cloud has of them cannot be read. */
  unreadableInstances(): Promise<readonly UnreadableInstance[]>;
  /** What the ledger has of each instance that ever had a session, by its id. */
  instanceCounts(): Promise<ReadonlyMap<InstanceId, InstanceCounts>>;
  /**
   * Oldest first.
   *
   * @throws UNKNOWN_SESSION for `before`
   */
  listSessions(filter?: SessionListFilter): Promise<readonly SessionSummary[]>;
  /**
   * Sessions of which not every event can be read. `listSessions` has them as they were before that event, and
   * not at all where it is their first. An event that changes nothing in lists (such as `RetentionDecided`) is not
   * read for this: whether it breaks its schema is seen by whoever works with the session.
   */
  unreadableSessions(filter?: Pick<SessionListFilter, 'instanceId'>): Promise<UnreadableSessions>;
  /**
   * The snapshot sets, replicas and restore points of an instance, and what retention says of each;
   * nothing is carried out.
   *
   * @param options.at as it was at this moment, by what had been recorded then; default: now
   * @throws UNKNOWN_INSTANCE when nothing is known of it
   */
  describeItems(
    instanceId: InstanceId,
    options?: { readonly at?: TimestampMs },
  ): Promise<InstanceItems>;
  /**
   * Oldest first. All sound points come, also when the manifest of another one is damaged.
   *
   * @throws OBJECT_CORRUPT after the last sound point, when there is a damaged one
   */
  listPoints(filter?: { readonly instanceId?: InstanceId }): AsyncIterable<PointManifest>;

  /**
   * Points that the ledger has, that nobody removed, and that the repository does not have; oldest first.
   * `listPoints` cannot miss them, and verifications tell of them.
   *
   * @param filter.there points that were listed already: only others are looked for
   */
  missingPoints(filter?: {
    readonly instanceId?: InstanceId;
    readonly there?: ReadonlySet<PointId>;
  }): Promise<readonly MissingPoint[]>;

  /**
   * The volumes of a point, to be read at any place without restoring them; default: all. No session
   * is recorded. What holds a point is a hold: one that is removed meanwhile cannot be read any more.
   *
   * @throws UNKNOWN_POINT, POINT_MISSING, UNKNOWN_VOLUME, OBJECT_CORRUPT
   */
  openPointImages(
    pointId: PointId,
    volumeIds?: readonly VolumeId[],
  ): Promise<readonly PointImage[]>;

  /** Every event of a session with the state after it; `at`: only up to this revision. */
  replay(sessionId: SessionId, options?: { readonly at?: number }): AsyncIterable<ReplayedEvent>;

  /** Checks the repository; see StorageFormat. */
  verify(options: Omit<VerifyOptions, 'budget'>): AsyncIterable<VerifyFinding | VerifyProgress>;

  /**
   * What a collection would do now; nothing is carried out.
   *
   * @throws COLLECTION_BLOCKED when a point is so damaged that nobody can tell what it needs;
   *   INVALID_ARGUMENT when the format has nothing to collect
   */
  planCollection(options?: { readonly signal?: AbortSignal }): Promise<CollectionForecast>;
  /**
   * Frees what no restore point needs any more, as a session of its own. Other sessions may be at
   * work.
   *
   * @throws INVALID_ARGUMENT when the format has nothing to collect
   */
  startCollection(request?: CollectionRequest): Promise<RunningRepositorySession>;

  /**
   * What repacking would do for the points of an instance; nothing is carried out.
   *
   * @throws OBJECT_CORRUPT when a map of the instance is damaged; INVALID_ARGUMENT when the format has
   *   nothing to move, or the repository no point of the instance, REPOSITORY_VERSION when the repository is older than what moving takes
   */
  planRepack(request: RepackRequest): Promise<RepackPlan>;
  /**
   * Stores anew what points of an instance need of objects of which little is needed, as a session of
   * its own, so that the next collection can remove those. Other sessions may be at work.
   *
   * @throws INVALID_ARGUMENT
   */
  startRepack(request: RepackRequest): Promise<RunningRepositorySession>;

  /**
   * Looks for damage in the points of an instance, and for what could heal it; nothing is carried out.
   *
   * @throws INVALID_ARGUMENT when the format cannot heal, or the repository has no point of the
   *   instance; OBJECT_CORRUPT when it is unknown where its maps begin; REPOSITORY_VERSION when the
   *   repository is older than what healing takes
   */
  planRepair(request: RepairRequest): Promise<RepairForecast>;
  /**
   * Heals what is damaged in the points of an instance, as a session of its own: from other copies in
   * the repository, and from the snapshots that are still there. What is healed has another place from
   * then on, and is proven to be what was lost. Which points are sound and which are not is recorded,
   * in place of what was known before; the session fails with POINT_DAMAGED when damage is left. Other
   * sessions may be at work.
   *
   * @throws INVALID_ARGUMENT; REVISION_CONFLICT when a verification or another repair begins at the
   *   same moment
   */
  startRepair(request: RepairRequest): Promise<RunningRepositorySession>;

  /**
   * What merging would do for the points of an instance; nothing is carried out.
   *
   * @throws UNKNOWN_INSTANCE, OBJECT_CORRUPT; INVALID_ARGUMENT when the format does not merge
   */
  planMerge(request: MergeRequest): Promise<MergePlan>;
  /**
   * Gives points what they need of others that stay for no other reason, as a session of its own, so
   * that retention lets those go. Other sessions may be at work.
   *
   * @throws INVALID_ARGUMENT
   */
  startMerge(request: MergeRequest): Promise<RunningRepositorySession>;

  /**
   * Checks the structure of the repository, and as much of its data as `maxBytes` allows, what was
   * not read for longest first, as a session of its own; repeated, it gets through everything. What
   * it finds is recorded: a backup then does not build on a point that is known to be damaged. The
   * session fails with POINT_DAMAGED when there is damage.
   */
  startVerification(request: VerificationRequest): Promise<RunningRepositorySession>;
  /** Points of which the last verification or repair of what they need found damage. */
  damagedPoints(): Promise<ReadonlySet<PointId>>;

  /** For those who check the record of what was done. */
  readonly audit: LedgerAudit;

  /**
   * The one session or point whose id begins with `prefix`.
   *
   * @throws UNKNOWN_SESSION, UNKNOWN_POINT, POINT_MISSING, AMBIGUOUS_ID
   */
  findSession(prefix: string): Promise<SessionId>;
  findPoint(prefix: string): Promise<PointId>;
  /**
   * The one restore point of the repository, or snapshot set or replica of the ledger, that can be
   * restored and whose id begins with `prefix`; the id of a single snapshot leads to its set or replica.
   *
   * @throws UNKNOWN_POINT when there is none, POINT_MISSING when it is gone and nobody removed it, UNKNOWN_ITEM when it was removed, AMBIGUOUS_ID,
   *   ITEM_BEING_REMOVED, INVALID_ARGUMENT
   */
  findRestorable(prefix: string): Promise<Restorable>;
  /**
   * The one snapshot set, replica or restore point, there or gone, whose id begins with `prefix`; the
   * id of a single snapshot, or of a copy of one, leads to its set or replica.
   *
   * @throws UNKNOWN_ITEM, AMBIGUOUS_ID
   */
  findItem(prefix: string): Promise<FoundItem>;

  /**
   * Why an item is there, until when by today's rules and what would release it; or why it was
   * removed.
   *
   * @param options.at as it was at this moment, by what had been recorded then; default: now
   * @throws UNKNOWN_ITEM, also for a moment at which it was not there yet; AMBIGUOUS_ID
   */
  explainItem(prefix: string, options?: { readonly at?: TimestampMs }): Promise<ExplainedItem>;

  /**
   * Forbids the removal of an item. May be done while a session of its instance runs; whichever is
   * recorded first wins, the hold or the removal.
   *
   * @throws UNKNOWN_ITEM when it is gone, ITEM_BEING_REMOVED, INVALID_ARGUMENT, LIMIT_EXCEEDED
   */
  placeHold(item: FoundItem, hold: Hold): Promise<ListedHold>;
  /** @throws UNKNOWN_HOLD; HOLD_IN_FORCE for a lock whose time is not over */
  releaseHold(instanceId: InstanceId, holdId: HoldId): Promise<void>;
  /**
   * The one hold in force whose id begins with `prefix`; its whole id while there are instances that cannot
   * be read.
   *
   * @throws UNKNOWN_HOLD, AMBIGUOUS_ID; UNKNOWN_EVENT, LEDGER_CORRUPT when it may be one that cannot be read
   */
  findHold(prefix: string): Promise<FoundHold>;
  /**
   * Those that are in force, and of which instances they are not known.
   *
   * @throws UNKNOWN_EVENT, LEDGER_CORRUPT when the one instance that is asked for cannot be read
   */
  listHolds(filter?: { readonly instanceId?: InstanceId }): Promise<HoldList>;
  /**
   * When an item that was made by hand expires; null: never.
   *
   * @throws UNKNOWN_ITEM when it is gone, ITEM_BEING_REMOVED; INVALID_ARGUMENT for one of a policy
   */
  setExpiry(item: FoundItem, expiresAt: TimestampMs | null): Promise<void>;

  /** What becomes of items that no policy rules over; as long as nobody set it they stay. */
  obsoleteRule(): Promise<ObsoleteRule>;
  /** @throws INVALID_ARGUMENT */
  setObsoleteRule(rule: ObsoleteRule): Promise<void>;

  /**
   * What forgetting an instance would take away, and what it would leave.
   *
   * @throws UNKNOWN_INSTANCE when nothing is recorded about it
   */
  planForgetting(instanceId: InstanceId): Promise<ForgettingPlan>;
  /**
   * Destroys the key of what is sensitive in the events about an instance (docs/ledger.md), which nobody can
   * read from then on, and makes no backup of it any more. Its items stay, and go by their rules. Can be
   * repeated; that finishes what was interrupted.
   *
   * @throws UNKNOWN_INSTANCE, INSTANCE_BUSY while a session of it is open, EVENTS_IN_CLEAR
   */
  forgetInstance(request: ForgetRequest): Promise<ForgottenInstance>;

  /** Stops starting steps, waits for those under way, and gives up what the engine holds. */
  close(): Promise<void>;
}
