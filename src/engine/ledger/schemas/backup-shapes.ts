import type { AdoptedCopy } from '../../../domain/backup-session/adoption-events.ts';
import type {
  AttachedVolume,
  BackedUpVolume,
  BackupSessionEvent,
  CommittedVolume,
  ExcludedVolume,
  PlannedVolume,
  ReplicaSnapshot,
  SessionStarted,
  TakenSnapshot,
} from '../../../domain/backup-session/backup-events.ts';
import type { SessionOrigin } from '../../../domain/backup-session/session-origin.ts';
import type {
  DeviceName,
  PointId,
  PolicyId,
  Region,
  ReplicaSetId,
  SessionId,
  SnapshotSetId,
  VolumeId,
  WorkerId,
} from '../../../domain/identifiers.ts';
import type { InstanceNotice } from '../../../domain/instance/instance-notice.ts';
import { policyShape } from '../../../domain/policy/policy-shape.ts';
import {
  choice,
  type Fields,
  map,
  nullable,
  object,
  sensitive,
  type Shape,
  variants,
} from '../../../domain/shape/shape.ts';
import {
  amount,
  id,
  many,
  ordinal,
  problem,
  problems,
  replicaTarget as target,
  timestamp,
  withheldItems,
  words,
} from './event-fields.ts';
import { recordedPlan, removeReason } from './retention-shapes.ts';
import type { ShapesOf } from './shapes-of.ts';

const setOnly = object<{ readonly setId: SnapshotSetId }>({ setId: id() });
const volume = { volumeId: id<VolumeId>(), device: id<DeviceName>() };
const sizedVolume = { ...volume, sizeBytes: amount };
/** Of a described instance, whatever the version. */
export const inspectedFields = {
  region: id<Region>(),
  volumes: many(object<BackedUpVolume>({ ...sizedVolume, role: choice('root', 'data') })),
};
/** Of every version that tells why a volume is left out. */
export const excludedVolumes = many(
  object<ExcludedVolume>({ ...volume, reason: choice('role', 'device', 'volume', 'tag') }),
);
const pointOnly = object<{ readonly pointId: PointId }>({ pointId: id() });
/** Of every version, with targets of some version. */
export const replicaOf = <Target>(
  target: Shape<Target>,
): Fields<{ readonly replicaSetId: ReplicaSetId; readonly target: Target }> => ({
  replicaSetId: id(),
  target,
});
const replica = replicaOf(target);
/** Of every version. */
export const copiedSnapshots = many(
  object<ReplicaSnapshot>({ snapshotId: id(), sourceSnapshotId: id(), volumeId: id() }),
);
/** Of every version. */
export const failedCopies = { problem, copies: choice('none', 'perhaps-left') };
/** Of every version. */
export const launchedWorker = { attempt: ordinal, workerId: id<WorkerId>() };

const adoptedFields = {
  madeBy: id<SessionId>(),
  policyId: nullable(id<PolicyId>()),
  region: id<Region>(),
  takenAt: timestamp,
  configuration: sensitive(map()),
  reason: choice('unknown-session', 'given-up', 'not-recorded'),
};

/** Of every version but the first, whose policies, targets and scopes are of some version. */
export const startedFields = <Policy, Target, Scope>(
  policy: Shape<Policy>,
  target: Shape<Target>,
  scope: Shape<Scope>,
): Fields<
  Omit<SessionStarted['data'], 'policy' | 'replicaTargets' | 'scope'> & {
    readonly scope: Scope;
    readonly policy: Policy;
    readonly replicaTargets: readonly Target[];
  }
> => ({
  kind: choice('backup', 'maintenance'),
  sessionId: id(),
  instanceId: id(),
  scope,
  origin: variants<SessionOrigin>({
    policy: { runId: nullable(id()) },
    'on-demand': {},
    manual: { expiresAt: nullable(timestamp) },
  }),
  policy,
  pointKind: choice('incremental', 'full'),
  replicaTargets: many(target),
  startedAt: timestamp,
});

export const backupShapes: ShapesOf<BackupSessionEvent> = {
  SessionStarted: object(
    startedFields(
      nullable(policyShape),
      target,
      choice('snapshot-only', 'image-level', 'retention-only', 'adoption'),
    ),
  ),
  InstanceInspected: object({
    region: inspectedFields.region,
    volumes: inspectedFields.volumes,
    excluded: excludedVolumes,
    notices: many(
      variants<InstanceNotice>({
        'instance-store': { sizeGb: amount },
        'instance-store-unknown': {},
        'multi-attach': { ...volume, instanceIds: many(id()) },
      }),
    ),
    configuration: sensitive(map()),
  }),
  SnapshotRequested: setOnly,
  SnapshotTaken: object({
    setId: id(),
    takenAt: timestamp,
    snapshots: many(object<TakenSnapshot>({ snapshotId: id(), ...sizedVolume })),
  }),
  SnapshotCompleted: setOnly,
  SnapshotAbandoned: setOnly,
  WriterRegistered: object({ repositoryId: id(), format: id() }),
  ReadPlanned: object({
    volumes: many(
      object<PlannedVolume>({
        ...volume,
        snapshotId: id(),
        sizeBytes: amount,
        mode: choice('changed', 'allocated', 'everything'),
        reason: nullable(
          choice(
            'full-requested',
            'first-backup',
            'no-base',
            'base-not-completed',
            'base-archived',
            'unrelated-snapshots',
            'no-changed-block-api',
            'no-permission',
            'volume-resized',
            'repository-changed',
            'parent-missing',
            'parent-damaged',
            'parent-condemned',
            'chain-too-long',
            'cbt-disabled',
            'keep-is-zero',
          ),
        ),
        baseSnapshotId: nullable(id()),
        parentPointId: nullable(id()),
        planId: id(),
        plannedBlocks: amount,
      }),
    ),
  }),
  WorkerLaunched: object({
    ...launchedWorker,
    instanceType: nullable(id()),
    market: choice('on-demand', 'spot'),
  }),
  SpotRefused: object({ attempt: ordinal, problem }),
  VolumesAttached: object({
    ...launchedWorker,
    volumes: many(object<AttachedVolume>({ volumeId: id(), snapshotId: id() })),
  }),
  BlocksTransferred: object({
    volumeId: id(),
    attempt: ordinal,
    firstSegment: amount,
    endSegment: amount,
    endPlanned: amount,
    blocksRead: amount,
    blocksUnchanged: amount,
    blocksZero: amount,
    blocksDeduplicated: amount,
    blocksStored: amount,
    bytesRead: amount,
    bytesStored: amount,
  }),
  WorkerLost: object({ ...launchedWorker, problem }),
  DirectReadStarted: object({ attempt: ordinal }),
  DirectReadFailed: object({ attempt: ordinal, problem }),
  RestorePointCommitted: object({
    pointId: id(),
    committedAt: timestamp,
    volumes: many(
      object<CommittedVolume>({
        ...sizedVolume,
        blocksStored: amount,
        bytesStored: amount,
        mapBytesStored: amount,
      }),
    ),
  }),
  WorkerRemoved: object({ workers: many(id()), volumes: many(id()) }),
  WriterClosed: object({ result: choice('committed', 'discarded') }),
  ReplicaRequested: object(replica),
  ReplicaStarted: object({
    ...replica,
    snapshots: copiedSnapshots,
  }),
  Replicated: object({ ...replica, completedAt: timestamp, stillShared: nullable(problem) }),
  ReplicaFailed: object({ ...replica, ...failedCopies, stillShared: nullable(problem) }),
  RetentionDecided: recordedPlan,
  RestorePointExpired: object({
    pointId: id(),
    reasons: many(removeReason),
    expiredAt: timestamp,
  }),
  RemovalsCleared: object({ withheld: withheldItems }),
  SnapshotRemoved: object({ setId: id(), snapshotIds: many(id()) }),
  SnapshotRemovalFailed: object({ setId: id(), problem }),
  ReplicaRemoved: object({ replicaSetId: id(), snapshotIds: many(id()) }),
  ReplicaRemovalFailed: object({ replicaSetId: id(), problem }),
  RestorePointRemoved: pointOnly,
  RestorePointRemovalFailed: object({ pointId: id(), problem }),
  SnapshotSetAdopted: object({
    setId: id(),
    ...adoptedFields,
    snapshots: many(object<TakenSnapshot>({ snapshotId: id(), ...sizedVolume })),
  }),
  ReplicaAdopted: object({
    ...replica,
    setId: id(),
    ...adoptedFields,
    snapshots: many(
      object<AdoptedCopy>({ snapshotId: id(), sourceSnapshotId: id(), ...sizedVolume }),
    ),
  }),
  FailureDetected: object({ step: id(), problem }),
  CancellationRequested: object({ reason: words }),
  SessionCompleted: object({
    outcome: choice('succeeded', 'warning'),
    warnings: problems,
    endedAt: timestamp,
  }),
  SessionFailed: object({ problem, endedAt: timestamp }),
  SessionCancelled: object({ reason: words, endedAt: timestamp }),
};
