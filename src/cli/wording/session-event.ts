import type {
  PolicyRunEvent,
  RepositorySessionEvent,
  RestoreSessionEvent,
  SessionEvent,
} from '../../index.ts';
import { backupEventInWords } from './backup-events.ts';
import { policyRunEventInWords } from './policy-run-events.ts';
import { repositoryEventInWords } from './repository-events.ts';
import { restoreEventInWords } from './restore-events.ts';

/** What an event of a session says, in one sentence. */
export function eventInWords(event: SessionEvent['event']): string {
  if (isRestoreEvent(event)) return restoreEventInWords(event);
  if (isRepositoryEvent(event)) return repositoryEventInWords(event);
  return isPolicyRunEvent(event) ? policyRunEventInWords(event) : backupEventInWords(event);
}

/** Keyed by type, so that the compiler asks for every one of them and for no other. */
const restoreEvents: Readonly<Record<RestoreSessionEvent['type'], true>> = {
  RestoreStarted: true,
  RestoreVolumeRequested: true,
  RestoreInstanceRequested: true,
  InstanceRestored: true,
  VolumeRestored: true,
  OriginalRestoreRequested: true,
  VolumeExchangeRequested: true,
  InstanceStopped: true,
  VolumeExchanged: true,
  PutBackRequested: true,
  VolumePutBack: true,
  InstanceStarted: true,
  RestoreTakenOver: true,
  RestoreConfirmed: true,
  KeptVolumeRemoved: true,
  RestoreCompleted: true,
  RestoreFailed: true,
  RestoreCancelled: true,
};

const policyRunEvents: Readonly<Record<PolicyRunEvent['type'], true>> = {
  PolicyRunStarted: true,
  InstancesResolved: true,
  InstanceSessionStarted: true,
  InstanceSessionEnded: true,
  RetryScheduled: true,
  StartsForgone: true,
  RunCancellationRequested: true,
  PolicyRunCompleted: true,
  PolicyRunFailed: true,
  PolicyRunCancelled: true,
};

const repositoryEvents: Readonly<Record<RepositorySessionEvent['type'], true>> = {
  RepositorySessionStarted: true,
  WriterEnded: true,
  CollectionPlanned: true,
  DataCondemned: true,
  DataRemoved: true,
  RepackPlanned: true,
  DataMoved: true,
  MergePlanned: true,
  PointMerged: true,
  DamageFound: true,
  RepairPlanned: true,
  DamageHealed: true,
  DamageLeft: true,
  PointsMarked: true,
  ObjectsVerified: true,
  VerificationCovered: true,
  RepositorySessionCompleted: true,
  RepositorySessionFailed: true,
  RepositorySessionCancelled: true,
};

function isRepositoryEvent(event: SessionEvent['event']): event is RepositorySessionEvent {
  return Object.hasOwn(repositoryEvents, event.type);
}

function isRestoreEvent(event: SessionEvent['event']): event is RestoreSessionEvent {
  return Object.hasOwn(restoreEvents, event.type);
}

function isPolicyRunEvent(event: SessionEvent['event']): event is PolicyRunEvent {
  return Object.hasOwn(policyRunEvents, event.type);
}
