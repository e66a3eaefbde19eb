import type { SnapshotSetId } from '../../../domain/identifiers.ts';
import type { Hold } from '../../../domain/instance/hold.ts';
import {
  imageFields,
  policyFields,
  policyShape,
  replicaFields,
  snapshotFields,
  targetFields,
} from '../../../domain/policy/policy-shape.ts';
import { policyLimits } from '../../../domain/policy/policy-limits.ts';
import {
  choice,
  type Fields,
  list,
  map,
  nullable,
  object,
  sensitive,
  type Shape,
  variants,
} from '../../../domain/shape/shape.ts';
import type {
  DecidedSetV1,
  CollectionPlannedV1,
  HoldPlacedV1,
  InstanceForgottenV1,
  InstanceInspectedV1,
  InstanceInspectedV2,
  InstanceInspectedV3,
  InstancesResolvedV1,
  KeepReasonV1,
  PolicyRunStartedV1,
  PolicyRunStartedV2,
  PolicySetV1,
  PolicySetV2,
  PolicySetV3,
  RemoveReasonV1,
  ReplicaFailedV1,
  ReplicaRequestedV1,
  ReplicaStartedV1,
  ReplicatedV1,
  RepositorySessionStartedV1,
  RestoreCompletedV1,
  RestoreStartedV1,
  RetentionDecidedV1,
  SessionStartedV1,
  SessionStartedV2,
  SessionStartedV3,
  SessionStartedV4,
  SkippedInstanceV1,
  SkipReasonV1,
  TagsSeenV1,
  VolumeRestoredV1,
  VolumeRestoredV2,
  WorkerLaunchedV1,
} from '../event-upcasters.ts';
import type { PolicyV1 } from '../policy-v1.ts';
import type { PolicyV2 } from '../policy-v2.ts';
import type { PolicyV3, ReplicaPolicyV1, TargetV1 } from '../policy-v3.ts';
import {
  copiedSnapshots,
  excludedVolumes,
  failedCopies,
  inspectedFields,
  launchedWorker,
  replicaOf,
  startedFields,
} from './backup-shapes.ts';
import {
  amount,
  id,
  itemRef,
  many,
  ordinal,
  targetV1,
  timestamp,
  words,
  replicaTarget,
} from './event-fields.ts';
import { tagList } from './instance-shapes.ts';
import { runStartedFields, skipReasons } from './policy-shapes.ts';
import { plannedCollectionFields, startedRepositoryFields } from './repository-shapes.ts';
import { restoredFields } from './restore-shapes.ts';

const policyV1: Shape<PolicyV1> = object<PolicyV1>({
  policyId: id(),
  snapshots: object<PolicyV1['snapshots']>({
    retention: variants<PolicyV1['snapshots']['retention']>({ count: { keep: amount } }),
    baseMoves: choice('before-retention', 'after-retention'),
  }),
  image: object<PolicyV1['image']>({
    level: choice('on', 'off'),
    changedBlockTracking: choice('on', 'off'),
    compression: choice('fast', 'balanced', 'small'),
    transport: choice('worker'),
  }),
});

export const sessionStartedV1: Shape<SessionStartedV1> = object<SessionStartedV1>({
  kind: choice('backup'),
  sessionId: id(),
  instanceId: id(),
  scope: choice('snapshot-only', 'image-level'),
  policy: policyV1,
  startedAt: timestamp,
});

const policyV3Fields: Fields<PolicyV3> = {
  ...policyFields,
  replicas: list(
    object<ReplicaPolicyV1>({ target: object<TargetV1>(targetFields), ...replicaFields }),
    { maxItems: policyLimits.replicasMax },
  ),
};

const policyV3: Shape<PolicyV3> = object<PolicyV3>(policyV3Fields);

const policyV2: Shape<PolicyV2> = object<PolicyV2>({
  ...policyV3Fields,
  snapshots: object<PolicyV2['snapshots']>({
    schedules: snapshotFields.schedules,
    retention: snapshotFields.retention,
    baseMoves: snapshotFields.baseMoves,
  }),
  image: object<PolicyV2['image']>({
    level: imageFields.level,
    changedBlockTracking: imageFields.changedBlockTracking,
    compression: imageFields.compression,
    transport: imageFields.transport,
    schedules: imageFields.schedules,
    retention: imageFields.retention,
  }),
});

const scopesV4 = choice('snapshot-only', 'image-level', 'retention-only');

export const sessionStartedV2: Shape<SessionStartedV2> = object<SessionStartedV2>(
  startedFields(nullable(policyV2), targetV1, scopesV4),
);

export const sessionStartedV3: Shape<SessionStartedV3> = object<SessionStartedV3>(
  startedFields(nullable(policyV3), targetV1, scopesV4),
);

export const sessionStartedV4: Shape<SessionStartedV4> = object<SessionStartedV4>(
  startedFields(nullable(policyShape), replicaTarget, scopesV4),
);

const replicaV1 = replicaOf(targetV1);

export const replicaRequestedV1: Shape<ReplicaRequestedV1> = object<ReplicaRequestedV1>(replicaV1);

export const replicaStartedV1: Shape<ReplicaStartedV1> = object<ReplicaStartedV1>({
  ...replicaV1,
  snapshots: copiedSnapshots,
});

export const replicatedV1: Shape<ReplicatedV1> = object<ReplicatedV1>({
  ...replicaV1,
  completedAt: timestamp,
});

export const replicaFailedV1: Shape<ReplicaFailedV1> = object<ReplicaFailedV1>({
  ...replicaV1,
  ...failedCopies,
});

export const policySetV2: Shape<PolicySetV2> = object<PolicySetV2>({ policy: policyV2 });

export const policySetV3: Shape<PolicySetV3> = object<PolicySetV3>({ policy: policyV3 });

export const policyRunStartedV1: Shape<PolicyRunStartedV1> = object<PolicyRunStartedV1>(
  runStartedFields(policyV2, targetV1),
);

export const policyRunStartedV2: Shape<PolicyRunStartedV2> = object<PolicyRunStartedV2>(
  runStartedFields(policyV3, targetV1),
);

export const instancesResolvedV1: Shape<InstancesResolvedV1> = object<InstancesResolvedV1>({
  instances: many(id()),
  skipped: many(
    object<SkippedInstanceV1>({ instanceId: id(), reason: variants<SkipReasonV1>(skipReasons) }),
  ),
});

export const workerLaunchedV1: Shape<WorkerLaunchedV1> = object<WorkerLaunchedV1>(launchedWorker);

export const instanceInspectedV1: Shape<InstanceInspectedV1> = object<InstanceInspectedV1>({
  ...inspectedFields,
  configuration: map(),
});

export const instanceInspectedV2: Shape<InstanceInspectedV2> = object<InstanceInspectedV2>({
  region: inspectedFields.region,
  volumes: inspectedFields.volumes,
  excluded: excludedVolumes,
  configuration: map(),
});

export const instanceInspectedV3: Shape<InstanceInspectedV3> = object<InstanceInspectedV3>({
  region: inspectedFields.region,
  volumes: inspectedFields.volumes,
  excluded: excludedVolumes,
  configuration: sensitive(map()),
});

export const tagsSeenV1: Shape<TagsSeenV1> = object<TagsSeenV1>({ tags: tagList });

export const restoreStartedV1: Shape<RestoreStartedV1> = object<RestoreStartedV1>({
  kind: choice('restore'),
  sessionId: id(),
  instanceId: id(),
  pointId: id(),
  engineId: id(),
  volumeIds: many(id()),
  startedAt: timestamp,
});

export const repositorySessionStartedV1: Shape<RepositorySessionStartedV1> =
  object<RepositorySessionStartedV1>(startedRepositoryFields);

export const collectionPlannedV1: Shape<CollectionPlannedV1> =
  object<CollectionPlannedV1>(plannedCollectionFields);

export const restoreCompletedV1: Shape<RestoreCompletedV1> = object<RestoreCompletedV1>({
  endedAt: timestamp,
});

export const volumeRestoredV2: Shape<VolumeRestoredV2> = object<VolumeRestoredV2>({
  ...restoredFields,
  location: nullable(sensitive(words)),
});

export const instanceForgottenV1: Shape<InstanceForgottenV1> = object<InstanceForgottenV1>({
  forgottenAt: timestamp,
});

export const volumeRestoredV1: Shape<VolumeRestoredV1> = object<VolumeRestoredV1>({
  ...restoredFields,
  location: words,
});

export const holdPlacedV1: Shape<HoldPlacedV1> = object<HoldPlacedV1>({
  holdId: id(),
  item: itemRef,
  hold: variants<Hold>({ 'legal-hold': { note: words }, lock: { until: timestamp } }),
  placedAt: timestamp,
});

const decidedSet = { setId: id<SnapshotSetId>(), takenAt: timestamp };
const place = { place: ordinal, keep: amount };

export const retentionDecidedV1: Shape<RetentionDecidedV1> = object<RetentionDecidedV1>({
  keep: many(
    object<DecidedSetV1<KeepReasonV1>>({
      ...decidedSet,
      reasons: many(
        variants<KeepReasonV1>({
          'within-count': place,
          'cbt-base': { pointId: id() },
          'in-use': { sessionId: id() },
        }),
      ),
    }),
  ),
  remove: many(
    object<DecidedSetV1<RemoveReasonV1>>({
      ...decidedSet,
      reasons: many(variants<RemoveReasonV1>({ 'beyond-count': place, incomplete: {} })),
    }),
  ),
});

export const policySetV1: Shape<PolicySetV1> = object<PolicySetV1>({
  policy: policyV1,
  instances: many(id()),
});
