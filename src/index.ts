/**
 * The embedding API: the only module that a host service imports.
 *
 * @module
 */
export type * from './engine/engine.ts';
export type * from './engine/audit/audit.ts';
export type {
  TimelineChange,
  TimelineEntry,
  TimelineReason,
  TimelineSubject,
} from './engine/audit/timeline/timeline-entry.ts';
export type { ClockRemark, ClockRemarks } from './engine/audit/clock-remarks.ts';
export { differencesOf, type StateDifference } from './engine/audit/state-difference.ts';
export type { LedgerFinding, LedgerProof, NewerSession } from './engine/audit/ledger-proof.ts';
export type { PointWithoutSession } from './engine/audit/points-without-session.ts';
export type { UnsealedStream } from './engine/audit/store-contents.ts';
export { type Checkpoint, openCheckpoint } from './engine/transparency-log/checkpoint.ts';
export { isConsistent, isIncluded } from './engine/transparency-log/merkle-proof.ts';
export { type NoteVerifier, parseNoteKey } from './engine/transparency-log/signed-note.ts';
export type { SessionEvent } from './engine/session-event.ts';
export type { ReplayedEvent } from './engine/replay-session.ts';
export type { InstanceItems } from './engine/item/describe-items.ts';
export type { UnreadablePolicy } from './domain/policy/belonging.ts';
export type { ExplainedItem } from './engine/item/explained-item.ts';
export type { PolicyEvidence } from './engine/item/known-policy.ts';
export type { FoundItem } from './engine/item/found-item.ts';
export type { UnreadableSession, UnreadableSessions } from './engine/session/session-directory.ts';
export type { UnreadableInstance } from './engine/instance/instance-claims.ts';
export { unreadableCodes } from './engine/ledger/entries-of-streams.ts';
export type { FoundHold, HoldList, ListedHold } from './engine/item/listed-hold.ts';
export type { BackupPolicy } from './domain/policy/backup-policy.ts';
export {
  keyTrustOf,
  roleTrustOf,
  type TrustPolicy,
} from './adapters/aws/permissions/account-trust.ts';
export { type AccountRole, accountIdOf } from './domain/policy/account-role.ts';
export { type CloudPlace, placeInWords } from './domain/policy/cloud-place.ts';
export type { ReplicaTarget } from './domain/policy/replica-target.ts';
export { defaultPolicy } from './domain/policy/default-policy.ts';
export { policySchema, readPolicyText, simulateNativePolicy } from './vault/policy-files.ts';
export { knownOr, type Sensitive } from './domain/sensitive/sensitive.ts';
export type * from './domain/backup-session/adoption-events.ts';
export type * from './domain/backup-session/backup-events.ts';
export type { BackupSession, StartedBackup } from './domain/backup-session/backup-session.ts';
export type * from './domain/restore-session/restore-events.ts';
export type * from './domain/policy-run/policy-run-events.ts';
export { healablePieces } from './domain/repository-session/healable-pieces.ts';
export type * from './domain/repository-session/repository-events.ts';
export {
  isRepositoryWork,
  type RepositoryWork,
} from './domain/repository-session/repository-work.ts';
export type {
  RepositorySession,
  StartedRepositorySession,
} from './domain/repository-session/repository-session.ts';
export type { KnownWriter } from './engine/collection/known-writers.ts';
export type { PolicyRun, StartedPolicyRun } from './domain/policy-run/policy-run.ts';
export type { SkippedInstance, SkipReason } from './domain/policy/resolve-instances.ts';
export type * from './domain/policy/schedule.ts';
export type { HeavyLoss, PolicyChange } from './domain/policy/policy-change.ts';
export type {
  SimulatedDay,
  SimulatedItem,
  SimulatedMaintenance,
  SimulatedRemoval,
} from './domain/policy-simulation/simulated-days.ts';
export type { SimulatedSession } from './domain/policy-simulation/simulated-session.ts';
export { selects } from './domain/policy/instance-selection.ts';
export type * from './domain/policy/instance-selection.ts';
export type { RetentionSettings } from './domain/retention/retention-settings.ts';
export type {
  Confirmation,
  RestoreMakes,
  RestoreSession,
  RunningExchange,
  StartedRestore,
} from './domain/restore-session/restore-session.ts';
export type { ExchangedVolume, VolumeExchange } from './domain/restore-session/volume-exchange.ts';
export type { CalendarPeriod } from './domain/calendar/calendar-period.ts';
export type { KeepReason, RemoveReason } from './domain/retention/retention-reasons.ts';
export type * from './domain/retention/retention-plan.ts';
export type * from './domain/retention/history-items.ts';
export type { InstanceHistory } from './domain/retention/instance-history.ts';
export type { ObsoleteRule } from './domain/retention/obsolete-rule.ts';
export { addPeriod } from './domain/calendar/add-period.ts';
export { estimateMonthlyCost, type ItemSize } from './domain/cost/estimate-cost.ts';
export { parsePriceTable, type PriceTable } from './domain/cost/price-table.ts';
export type * from './domain/instance/hold.ts';
export type * from './domain/retention/explanation.ts';
export { explainItem } from './domain/retention/explain-item.ts';
export type { SessionOrigin } from './domain/backup-session/session-origin.ts';
export { type ErrorCode, errorCodes } from './domain/errors/error-code.ts';
export {
  type ErrorDetails,
  hasErrorCode,
  isSnapledgerError,
  SnapledgerError,
} from './domain/errors/snapledger-error.ts';
export type { MergePlan, PlannedMerge } from './format/point-merger.ts';
export type { RepackPlan } from './format/relocator.ts';
export type { RepairCounts } from './format/repairer.ts';
export { blockSizeBytes } from './domain/block-size.ts';
export type * from './ports/object-store-location.ts';
export type * from './vault/vault-options.ts';
export type * from './vault/vault.ts';
export { imageFormats } from './adapters/image-folder/layout/image-layout.ts';
export { createVault } from './vault/create-vault.ts';
export { openVault } from './vault/open-vault.ts';
export { recoverSets } from './vault/recover-sets.ts';
export { type RecoveredVault, recoverVault } from './vault/recover-vault.ts';
export type * from './engine/reconcile/recovered-sets.ts';
export { vaultKeys, type VaultKeys, type VaultKeysOptions } from './vault/vault-keys.ts';
export { loadFormatPlugs } from './vault/load-format-plugs.ts';
export { exportRepository } from './vault/export-repository.ts';
export { verifyRepository } from './vault/verify-repository.ts';
export type { WitnessSetting } from './vault/witness-setting.ts';
export type { LedgerRecovery } from './engine/recover/recover-ledger.ts';

/*
 * An engine out of ports, for a host that brings some of its own: `EngineDependencies` says which there
 * are, and what a vault is made of is here to be taken for the others. docs/architecture.md, "Embedding".
 */
export { createEngine } from './engine/create-engine.ts';
export type { EngineDependencies } from './engine/engine-dependencies.ts';
export {
  ec2EngineLimits,
  type EngineLimits,
  localEngineLimits,
  remoteStoreEngineLimits,
} from './engine/engine-limits.ts';
export type { RetryPolicy } from './engine/retry/retry-policy.ts';
export type { DeviceLocation } from './mailbox/user-data.ts';
export type { CronTime, Occurrences } from './domain/policy/occurrences.ts';
export type { RetentionRule, RulesOf, RuleVerdict } from './domain/retention/retention-rule.ts';
/** Storage format, object store, clock and randomness: whoever writes a format needs them alone. */
export type * from './format.ts';
export type * from './ports/catalogue-store.ts';
export type * from './ports/checkpoint-witness.ts';
export type * from './ports/engine-presence.ts';
export type * from './ports/event-store.ts';
export { eventStoreLimits } from './ports/event-store.ts';
export type * from './ports/image-source.ts';
export type * from './ports/image-target.ts';
export type * from './ports/cloud/changed-blocks.ts';
export type * from './ports/cloud/cloud.ts';
export type * from './ports/cloud/instance-restores.ts';
export type * from './ports/cloud/launch-wishes.ts';
export type * from './ports/cloud/instances.ts';
export type * from './ports/cloud/inventory.ts';
export { itemOwner, itemResourceId } from './ports/cloud/inventory-item.ts';
export type * from './ports/cloud/replicas.ts';
export type * from './ports/cloud/resource-owner.ts';
export type * from './ports/cloud/snapshot-blocks.ts';
export type * from './ports/cloud/snapshots.ts';
export type * from './ports/cloud/volume-exchanges.ts';
export type * from './ports/cloud/volume-restores.ts';
export type * from './ports/cloud/volumes.ts';
export type * from './ports/cloud/workers.ts';
export { systemClock } from './adapters/system/system-clock.ts';
export { systemRandom } from './adapters/system/system-random.ts';
export { createCronerOccurrences } from './adapters/schedule/croner-occurrences.ts';
export { createMemoryCatalogueStore } from './adapters/memory/catalogue-store.ts';
export { createMemoryPresence } from './adapters/memory/engine-presence.ts';
export { createMemoryEventStore } from './adapters/memory/event-store.ts';
export { createMemoryObjectStore } from './adapters/memory/object-store.ts';
export { createSqliteCatalogueStore } from './adapters/sqlite/catalogue/sqlite-catalogue-store.ts';
export { openSqliteEventStore } from './adapters/sqlite/event-store/sqlite-event-store.ts';
export { createFilePresence } from './adapters/filesystem/file-presence.ts';
export { openFilesystemObjectStore } from './adapters/filesystem/filesystem-object-store.ts';
export { type LocalCloud, openLocalCloud } from './adapters/local-cloud/local-cloud.ts';
export { workerProgramPath } from './vault/program-file.ts';
export { strataFormat } from './format/strata/strata-format.ts';
export { imageFile } from './adapters/image-folder/image-file.ts';
export { imageFolder } from './adapters/image-folder/image-folder.ts';
