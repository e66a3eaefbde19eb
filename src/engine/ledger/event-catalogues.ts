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
import { eventCatalogue, olderVersion } from './event-schema.ts';
import {
  collectionPlannedFromV1,
  holdPlacedFromV1,
  instanceForgottenFromV1,
  instanceInspectedFromV1,
  instanceInspectedFromV2,
  instanceInspectedFromV3,
  instancesResolvedFromV1,
  policyRunStartedFromV1,
  policyRunStartedFromV2,
  policySetFromV1,
  restoreCompletedFromV1,
  restoreStartedFromV1,
  policySetFromV2,
  policySetFromV3,
  replicaFailedFromV1,
  replicaRequestedFromV1,
  replicaStartedFromV1,
  replicatedFromV1,
  repositorySessionStartedFromV1,
  retentionDecidedFromV1,
  sessionStartedFromV1,
  sessionStartedFromV2,
  sessionStartedFromV3,
  sessionStartedFromV4,
  tagsSeenFromV1,
  volumeRestoredFromV1,
  volumeRestoredFromV2,
  workerLaunchedFromV1,
} from './event-upcasters.ts';
import { backupShapes } from './schemas/backup-shapes.ts';
import { instanceShapes } from './schemas/instance-shapes.ts';
import {
  collectionPlannedV1,
  holdPlacedV1,
  instanceForgottenV1,
  instanceInspectedV1,
  instanceInspectedV2,
  instanceInspectedV3,
  instancesResolvedV1,
  policyRunStartedV1,
  policyRunStartedV2,
  policySetV1,
  restoreCompletedV1,
  restoreStartedV1,
  policySetV2,
  policySetV3,
  replicaFailedV1,
  replicaRequestedV1,
  replicaStartedV1,
  replicatedV1,
  repositorySessionStartedV1,
  retentionDecidedV1,
  sessionStartedV1,
  sessionStartedV2,
  sessionStartedV3,
  sessionStartedV4,
  tagsSeenV1,
  volumeRestoredV1,
  volumeRestoredV2,
  workerLaunchedV1,
} from './schemas/old-shapes.ts';
import {
  leaseShapes,
  offerShapes,
  policyRunShapes,
  policyShapes,
  retentionSettingsShapes,
  scheduleShapes,
} from './schemas/policy-shapes.ts';
import { repositoryShapes, verificationsShapes } from './schemas/repository-shapes.ts';
import { restoreShapes } from './schemas/restore-shapes.ts';

export const backupCatalogue = eventCatalogue<BackupSessionEvent>(backupShapes, {
  SessionStarted: olderVersion(
    sessionStartedV4,
    sessionStartedFromV4,
    olderVersion(
      sessionStartedV3,
      sessionStartedFromV3,
      olderVersion(
        sessionStartedV2,
        sessionStartedFromV2,
        olderVersion(sessionStartedV1, sessionStartedFromV1),
      ),
    ),
  ),
  ReplicaRequested: olderVersion(replicaRequestedV1, replicaRequestedFromV1),
  ReplicaStarted: olderVersion(replicaStartedV1, replicaStartedFromV1),
  Replicated: olderVersion(replicatedV1, replicatedFromV1),
  ReplicaFailed: olderVersion(replicaFailedV1, replicaFailedFromV1),
  InstanceInspected: olderVersion(
    instanceInspectedV3,
    instanceInspectedFromV3,
    olderVersion(
      instanceInspectedV2,
      instanceInspectedFromV2,
      olderVersion(instanceInspectedV1, instanceInspectedFromV1),
    ),
  ),
  WorkerLaunched: olderVersion(workerLaunchedV1, workerLaunchedFromV1),
  RetentionDecided: olderVersion(retentionDecidedV1, retentionDecidedFromV1),
});

export const restoreCatalogue = eventCatalogue<RestoreSessionEvent>(restoreShapes, {
  RestoreStarted: olderVersion(restoreStartedV1, restoreStartedFromV1),
  RestoreCompleted: olderVersion(restoreCompletedV1, restoreCompletedFromV1),
  VolumeRestored: olderVersion(
    volumeRestoredV2,
    volumeRestoredFromV2,
    olderVersion(volumeRestoredV1, volumeRestoredFromV1),
  ),
});

export const repositoryCatalogue = eventCatalogue<RepositorySessionEvent>(repositoryShapes, {
  RepositorySessionStarted: olderVersion(
    repositorySessionStartedV1,
    repositorySessionStartedFromV1,
  ),
  CollectionPlanned: olderVersion(collectionPlannedV1, collectionPlannedFromV1),
});

export const verificationsCatalogue = eventCatalogue<VerificationListed>(verificationsShapes);

export const instanceCatalogue = eventCatalogue<InstanceEvent>(instanceShapes, {
  TagsSeen: olderVersion(tagsSeenV1, tagsSeenFromV1),
  HoldPlaced: olderVersion(holdPlacedV1, holdPlacedFromV1),
  InstanceForgotten: olderVersion(instanceForgottenV1, instanceForgottenFromV1),
});

export const policyCatalogue = eventCatalogue<PolicyEvent>(policyShapes, {
  PolicySet: olderVersion(
    policySetV3,
    policySetFromV3,
    olderVersion(policySetV2, policySetFromV2, olderVersion(policySetV1, policySetFromV1)),
  ),
});

export const scheduleCatalogue = eventCatalogue<ScheduleEvent>(scheduleShapes);

export const offerCatalogue = eventCatalogue<OfferEvent>(offerShapes);

export const leaseCatalogue = eventCatalogue<LeaseEvent>(leaseShapes);

export const policyRunCatalogue = eventCatalogue<PolicyRunEvent>(policyRunShapes, {
  PolicyRunStarted: olderVersion(
    policyRunStartedV2,
    policyRunStartedFromV2,
    olderVersion(policyRunStartedV1, policyRunStartedFromV1),
  ),
  InstancesResolved: olderVersion(instancesResolvedV1, instancesResolvedFromV1),
});

export const retentionSettingsCatalogue =
  eventCatalogue<RetentionSettingsEvent>(retentionSettingsShapes);
