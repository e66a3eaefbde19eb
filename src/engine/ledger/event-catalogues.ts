import type { BackupSessionEvent } from '../../domain/backup-session/backup-events.ts';
import type { LeaseEvent } from '../../domain/engine-lease/lease-events.ts';
import type { InstanceEvent } from '../../domain/instance/instance-events.ts';
import type { PolicyEvent } from '../../domain/policy/policy-events.ts';
import type { OfferEvent } from '../../domain/policy-run/offer-events.ts';
import type { PolicyRunEvent } from '../../domain/policy-run/policy-run-events.ts';
import type { ScheduleEvent } from '../../domain/policy-run/schedule-events.ts';
import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type { VerificationListed } from '../../domain/repository-session/verification-listed.ts';
import type { RestoreSessionEvent } from '../../domain/restore-session/restore-events.ts';
import type { RetentionSettingsEvent } from '../../domain/retention/obsolete-rule-set.ts';
import { type EventCatalogue, eventSchema } from './event-codec.ts';
import {
  instanceInspectedFromV1,
  policySetFromV1,
  retentionDecidedFromV1,
  sessionStartedFromV1,
} from './event-upcasters.ts';

const first = eventSchema();

export const backupCatalogue: EventCatalogue<BackupSessionEvent> = {
  SessionStarted: eventSchema(sessionStartedFromV1),
  InstanceInspected: eventSchema(instanceInspectedFromV1),
  SnapshotRequested: first,
  SnapshotTaken: first,
  SnapshotCompleted: first,
  SnapshotAbandoned: first,
  WriterRegistered: first,
  ReadPlanned: first,
  WorkerLaunched: first,
  VolumesAttached: first,
  BlocksTransferred: first,
  WorkerLost: first,
  RestorePointCommitted: first,
  WorkerRemoved: first,
  WriterClosed: first,
  ReplicaRequested: first,
  ReplicaStarted: first,
  Replicated: first,
  ReplicaFailed: first,
  RetentionDecided: eventSchema(retentionDecidedFromV1),
  RestorePointExpired: first,
  RemovalsCleared: first,
  SnapshotRemoved: first,
  SnapshotRemovalFailed: first,
  ReplicaRemoved: first,
  ReplicaRemovalFailed: first,
  RestorePointRemoved: first,
  RestorePointRemovalFailed: first,
  FailureDetected: first,
  CancellationRequested: first,
  SessionCompleted: first,
  SessionFailed: first,
  SessionCancelled: first,
};

export const restoreCatalogue: EventCatalogue<RestoreSessionEvent> = {
  RestoreStarted: first,
  VolumeRestored: first,
  RestoreCompleted: first,
  RestoreFailed: first,
  RestoreCancelled: first,
};

export const repositoryCatalogue: EventCatalogue<RepositorySessionEvent> = {
  RepositorySessionStarted: first,
  WriterEnded: first,
  CollectionPlanned: first,
  DataCondemned: first,
  DataRemoved: first,
  DamageFound: first,
  ObjectsVerified: first,
  VerificationCovered: first,
  RepositorySessionCompleted: first,
  RepositorySessionFailed: first,
  RepositorySessionCancelled: first,
};

export const verificationsCatalogue: EventCatalogue<VerificationListed> = {
  VerificationListed: first,
};

export const instanceCatalogue: EventCatalogue<InstanceEvent> = {
  TagsSeen: first,
  SessionClaimed: first,
  SessionTakenOver: first,
  SessionReleased: first,
  HoldPlaced: first,
  HoldReleased: first,
  ExpirySet: first,
  RemovalsBegun: first,
};

export const policyCatalogue: EventCatalogue<PolicyEvent> = {
  PolicySet: eventSchema(policySetFromV1),
  PolicyRemoved: first,
};

export const scheduleCatalogue: EventCatalogue<ScheduleEvent> = {
  RunClaimed: first,
  RunTakenOver: first,
  RunReleased: first,
  RunAbandoned: first,
};

export const offerCatalogue: EventCatalogue<OfferEvent> = {
  RunOffered: first,
};

export const leaseCatalogue: EventCatalogue<LeaseEvent> = {
  LeaseTaken: first,
  LeaseRenewed: first,
  LeaseGivenUp: first,
};

export const policyRunCatalogue: EventCatalogue<PolicyRunEvent> = {
  PolicyRunStarted: first,
  InstancesResolved: first,
  InstanceSessionStarted: first,
  InstanceSessionEnded: first,
  RetryScheduled: first,
  StartsForgone: first,
  RunCancellationRequested: first,
  PolicyRunCompleted: first,
  PolicyRunFailed: first,
  PolicyRunCancelled: first,
};

export const retentionSettingsCatalogue: EventCatalogue<RetentionSettingsEvent> = {
  ObsoleteRuleSet: first,
};
