import type { BackupSessionEvent } from '../../../src/domain/backup-session/backup-events.ts';
import type { LeaseEvent } from '../../../src/domain/engine-lease/lease-events.ts';
import type { InstanceEvent } from '../../../src/domain/instance/instance-events.ts';
import type { PolicyEvent } from '../../../src/domain/policy/policy-events.ts';
import type { RetentionSettingsEvent } from '../../../src/domain/retention/obsolete-rule-set.ts';
import type { OfferEvent } from '../../../src/domain/policy-run/offer-events.ts';
import type { PolicyRunEvent } from '../../../src/domain/policy-run/policy-run-events.ts';
import type { ScheduleEvent } from '../../../src/domain/policy-run/schedule-events.ts';
import type { RepositorySessionEvent } from '../../../src/domain/repository-session/repository-events.ts';
import type { VerificationListed } from '../../../src/domain/repository-session/verification-listed.ts';
import type { RestoreSessionEvent } from '../../../src/domain/restore-session/restore-events.ts';
import { samplePolicy } from './sample-policy.ts';
import { atHour, sampleIds } from './sample-ids.ts';
import { known } from '../../../src/domain/sensitive/sensitive.ts';

export type AnyEvent =
  | BackupSessionEvent
  | RestoreSessionEvent
  | InstanceEvent
  | PolicyEvent
  | RetentionSettingsEvent
  | ScheduleEvent
  | OfferEvent
  | LeaseEvent
  | PolicyRunEvent
  | RepositorySessionEvent
  | VerificationListed;

/** Data for every type there is: the compiler refuses a missing type, field or reason. */
export type OneOfEvery = {
  readonly [Type in AnyEvent['type']]: Extract<AnyEvent, { readonly type: Type }>['data'];
};

const sessionId = sampleIds.session('2026-01-05');
const runId = sampleIds.session('run-2026-01-05');
const instanceId = sampleIds.instance('web-1');
const engineId = sampleIds.engine('here');
const pointId = sessionId;
const setId = sampleIds.set('2026-01-05');
const oldSetId = sampleIds.set('2025-12-29');
const workerId = sampleIds.worker('0abc');
const volumeId = sampleIds.volume('root');
const device = sampleIds.device('xvda');
const snapshotId = sampleIds.snapshot('root-2');
const baseSnapshotId = sampleIds.snapshot('root-1');
const oldSnapshotId = sampleIds.snapshot('root-0');
const sizeBytes = 8_589_934_592;
const account = {
  roleArn: 'arn:aws:iam::222233334444:role/snapledger-copies',
  externalId: 'nightly-copies',
};
const target = { region: sampleIds.region('eu-west-1'), keyId: null, account };
const replicaSetId = sampleIds.replica('2026-01-05');
const holdId = sampleIds.hold('case-4711');
const problem = { code: 'STORE_FULL', message: 'no room is left; make room' };

/** The events as a careful reader would make them up; docs/events.md shows the same. */
export const oneOfEveryEvent: OneOfEvery = {
  SessionStarted: {
    kind: 'backup',
    sessionId,
    instanceId,
    scope: 'image-level',
    origin: { kind: 'on-demand' },
    policy: samplePolicy({ policyId: 'nightly', keep: 7 }),
    pointKind: 'full',
    replicaTargets: [target],
    startedAt: atHour(7),
  },
  InstanceInspected: {
    region: sampleIds.region('eu-central-1'),
    volumes: [{ volumeId, device, sizeBytes, role: 'root' }],
    excluded: [
      {
        volumeId: sampleIds.volume('scratch'),
        device: sampleIds.device('xvdc'),
        reason: 'tag',
      },
    ],
    notices: [
      { kind: 'instance-store', sizeGb: 118 },
      { kind: 'instance-store-unknown' },
      {
        kind: 'multi-attach',
        volumeId,
        device,
        instanceIds: [instanceId, sampleIds.instance('web-2')],
      },
    ],
    configuration: known({ instanceType: 't3.small' }),
  },
  SnapshotRequested: { setId },
  SnapshotTaken: {
    setId,
    takenAt: atHour(7.01),
    snapshots: [{ snapshotId, volumeId, device, sizeBytes }],
  },
  SnapshotCompleted: { setId },
  SnapshotAbandoned: { setId },
  WriterRegistered: { repositoryId: sampleIds.repository('main'), format: 'strata' },
  ReadPlanned: {
    volumes: [
      {
        volumeId,
        device,
        snapshotId,
        sizeBytes,
        mode: 'changed',
        reason: null,
        baseSnapshotId,
        parentPointId: sampleIds.session('2026-01-04'),
        planId: 'plan-1',
        plannedBlocks: 160,
      },
      {
        volumeId: sampleIds.volume('data'),
        device: sampleIds.device('xvdb'),
        snapshotId: sampleIds.snapshot('data-2'),
        sizeBytes,
        mode: 'allocated',
        reason: 'volume-resized',
        baseSnapshotId: null,
        parentPointId: null,
        planId: 'plan-2',
        plannedBlocks: 16_384,
      },
    ],
  },
  WorkerLaunched: { attempt: 1, workerId, instanceType: 'c7g.large', market: 'spot' },
  SpotRefused: {
    attempt: 1,
    problem: { code: 'SPOT_REFUSED', message: 'EC2 gives no spot instance now' },
  },
  VolumesAttached: {
    attempt: 1,
    workerId,
    volumes: [{ volumeId: sampleIds.volume('temporary'), snapshotId }],
  },
  BlocksTransferred: {
    volumeId,
    attempt: 1,
    firstSegment: 0,
    endSegment: 2,
    endPlanned: 160,
    blocksRead: 160,
    blocksUnchanged: 10,
    blocksZero: 20,
    blocksDeduplicated: 30,
    blocksStored: 100,
    bytesRead: 83_886_080,
    bytesStored: 31_457_280,
  },
  WorkerLost: {
    attempt: 1,
    workerId,
    problem: { code: 'WORKER_LOST', message: 'worker worker-0abc has been silent for 30000 ms' },
  },
  DirectReadStarted: { attempt: 2 },
  DirectReadFailed: {
    attempt: 2,
    problem: {
      code: 'DISK_UNREADABLE',
      message: 'block 7 of snap-root-2 cannot be read: the connection was reset (ECONNRESET)',
    },
  },
  RestorePointCommitted: {
    pointId,
    committedAt: atHour(7.5),
    volumes: [
      {
        volumeId,
        device,
        sizeBytes,
        blocksStored: 100,
        bytesStored: 31_457_280,
        mapBytesStored: 20_480,
      },
    ],
  },
  WorkerRemoved: { workers: [workerId], volumes: [sampleIds.volume('temporary')] },
  WriterClosed: { result: 'committed' },
  ReplicaRequested: { replicaSetId, target },
  ReplicaStarted: {
    replicaSetId,
    target,
    snapshots: [
      {
        snapshotId: sampleIds.snapshot('root-2-copy'),
        sourceSnapshotId: snapshotId,
        volumeId,
      },
    ],
  },
  Replicated: { replicaSetId, target, completedAt: atHour(7.8), stillShared: null },
  ReplicaFailed: {
    replicaSetId,
    target,
    problem,
    copies: 'perhaps-left',
    stillShared: { code: 'CLOUD_UNAVAILABLE', message: 'nobody answers' },
  },
  RetentionDecided: {
    decidedAt: atHour(8),
    keepReasons: [
      { kind: 'in-use', sessionId: sampleIds.session('other') },
      { kind: 'within-count', keep: 7 },
      { kind: 'cbt-base', pointId },
      { kind: 'replica-base', volumeIds: [volumeId] },
      { kind: 'no-rule' },
      { kind: 'parent-point' },
      { kind: 'legal-hold', holdId },
    ],
    removeReasons: [
      { kind: 'beyond-count', keep: 7 },
      { kind: 'incomplete' },
      { kind: 'expired', age: { amount: 30, unit: 'days' } },
    ],
    snapshots: {
      keep: [
        { id: sampleIds.set('2026-01-04'), takenAt: atHour(-17), reasons: [0] },
        { id: setId, takenAt: atHour(7.01), reasons: [1, 2] },
      ],
      remove: [
        { id: oldSetId, takenAt: atHour(-161), reasons: [0] },
        { id: sampleIds.set('torn'), takenAt: atHour(-40), reasons: [1] },
      ],
    },
    replicas: {
      keep: [{ id: replicaSetId, takenAt: atHour(7.01), reasons: [1, 3] }],
      remove: [],
    },
    points: {
      dependency: 'independent',
      keep: [{ id: pointId, takenAt: atHour(7.01), reasons: [4, 5] }],
      expire: [
        {
          id: sampleIds.session('2025-12-05'),
          takenAt: atHour(-737),
          reasons: [2],
          expiredAt: null,
          held: [6],
        },
      ],
    },
    unlisted: 0,
    postponed: 0,
  },
  RestorePointExpired: {
    pointId: sampleIds.session('2025-12-05'),
    reasons: [{ kind: 'expired', age: { amount: 30, unit: 'days' } }],
    expiredAt: atHour(8),
  },
  RemovalsCleared: {
    withheld: [
      { item: { kind: 'replica', id: sampleIds.replica('2025-12-29') }, holdId },
      { item: { kind: 'restore-point', id: sampleIds.session('by-hand') }, holdId: null },
    ],
  },
  SnapshotRemoved: { setId: oldSetId, snapshotIds: [oldSnapshotId] },
  SnapshotRemovalFailed: { setId: oldSetId, problem },
  ReplicaRemoved: {
    replicaSetId: sampleIds.replica('2025-12-28'),
    snapshotIds: [sampleIds.snapshot('root-0-copy')],
  },
  ReplicaRemovalFailed: { replicaSetId: sampleIds.replica('2025-12-28'), problem },
  RestorePointRemoved: { pointId: sampleIds.session('2025-12-05') },
  RestorePointRemovalFailed: { pointId: sampleIds.session('2025-12-05'), problem },
  SnapshotSetAdopted: {
    setId: sampleIds.set('2026-01-03'),
    madeBy: sampleIds.session('2026-01-03'),
    policyId: sampleIds.policy('nightly'),
    region: sampleIds.region('eu-central-1'),
    takenAt: atHour(-40.99),
    configuration: known({ instanceType: 't3.small' }),
    reason: 'unknown-session',
    snapshots: [{ snapshotId: oldSnapshotId, volumeId, device, sizeBytes }],
  },
  ReplicaAdopted: {
    replicaSetId: sampleIds.replica('2026-01-03'),
    target,
    setId: sampleIds.set('2026-01-03'),
    madeBy: sampleIds.session('2026-01-03'),
    policyId: null,
    region: sampleIds.region('eu-central-1'),
    takenAt: atHour(-40.99),
    configuration: known({ instanceType: 't3.small' }),
    reason: 'given-up',
    snapshots: [
      {
        snapshotId: sampleIds.snapshot('copy-root-0'),
        sourceSnapshotId: oldSnapshotId,
        volumeId,
        device,
        sizeBytes,
      },
    ],
  },
  FailureDetected: { step: 'commit-point', problem },
  CancellationRequested: { reason: 'the operator pressed Ctrl-C' },
  SessionCompleted: { outcome: 'warning', warnings: [problem], endedAt: atHour(8) },
  SessionFailed: { problem, endedAt: atHour(8) },
  SessionCancelled: { reason: 'the operator pressed Ctrl-C', endedAt: atHour(8) },

  RestoreStarted: {
    kind: 'restore',
    sessionId: sampleIds.session('restore'),
    instanceId,
    source: { kind: 'restore-point', id: pointId },
    engineId,
    volumeIds: [volumeId],
    startedAt: atHour(9),
  },
  RestoreVolumeRequested: {
    volumeId,
    device,
    place: {
      region: sampleIds.region('eu-central-1'),
      availabilityZone: 'eu-central-1a',
      volumeType: 'gp3',
      keyId: null,
    },
  },
  RestoreInstanceRequested: {
    region: sampleIds.region('eu-central-1'),
    configuration: known({ instanceType: 't3.small' }),
  },
  InstanceRestored: { resourceId: 'i-0123456789abcdef0' },
  VolumeRestored: {
    volumeId,
    device,
    sizeBytes,
    location: known('vol-0123456789abcdef0 in eu-central-1a'),
    resourceId: 'vol-0123456789abcdef0',
    bytesWritten: 1_073_741_824,
    bytesDamaged: 524_288,
  },
  OriginalRestoreRequested: { region: sampleIds.region('eu-central-1') },
  VolumeExchangeRequested: {
    region: sampleIds.region('eu-central-1'),
    instanceWas: 'running',
    volumes: [
      {
        device,
        kept: volumeId,
        placed: sampleIds.volume('restored'),
        onTermination: 'delete',
      },
    ],
    undoes: null,
  },
  InstanceStopped: { instanceId },
  VolumeExchanged: { device },
  PutBackRequested: { problem },
  VolumePutBack: { device },
  InstanceStarted: { instanceId },
  RestoreTakenOver: { engineId },
  RestoreConfirmed: {
    region: sampleIds.region('eu-central-1'),
    confirms: sampleIds.session('restore'),
    kept: [volumeId],
    released: [sampleIds.volume('restored')],
  },
  KeptVolumeRemoved: { volumeId },
  RestoreCompleted: { warnings: [problem], endedAt: atHour(9.5) },
  RestoreFailed: { problem, endedAt: atHour(9.5) },
  RestoreCancelled: { reason: 'the operator pressed Ctrl-C', endedAt: atHour(9.5) },

  TagsSeen: { tags: known([{ key: 'env', value: 'prod' }]) },
  SessionClaimed: { sessionId, engineId },
  SessionTakenOver: { sessionId, engineId: sampleIds.engine('there') },
  SessionReleased: { sessionId },
  HoldPlaced: {
    holdId,
    item: { kind: 'restore-point', id: pointId },
    hold: { kind: 'legal-hold', note: known('case 4711') },
    placedAt: atHour(10),
  },
  HoldReleased: { holdId, releasedAt: atHour(20) },
  ExpirySet: {
    item: { kind: 'snapshot-set', id: sampleIds.set('by-hand') },
    expiresAt: atHour(48),
    setAt: atHour(10),
  },
  ParentsChanged: {
    sessionId: sampleIds.session('merge'),
    pointId,
    parents: [],
    changedAt: atHour(30),
  },
  RemovalsBegun: {
    sessionId,
    items: [{ kind: 'snapshot-set', id: oldSetId }],
    withheld: [{ item: { kind: 'replica', id: sampleIds.replica('2025-12-29') }, holdId }],
  },

  InstanceForgotten: { forgottenAt: atHour(20), keyId: '3350676a837b1060' },

  ObsoleteRuleSet: {
    rule: { kind: 'after', period: { amount: 6, unit: 'months' } },
    setAt: atHour(10),
  },

  PolicySet: {
    policy: {
      ...samplePolicy({ policyId: 'nightly', keep: 7 }),
      replicas: [{ target, schedules: [], retention: { count: 7, age: null, gfs: null } }],
    },
  },
  PolicyRemoved: { policyId: sampleIds.policy('nightly') },

  RunClaimed: { sessionId: runId, engineId, coveredUntil: atHour(7) },
  RunTakenOver: { sessionId: runId, engineId: sampleIds.engine('there') },
  RunReleased: { sessionId: runId },
  RunAbandoned: { sessionId: runId },

  RunOffered: { policyId: sampleIds.policy('nightly'), dueAt: atHour(7) },
  LeaseTaken: { engineId, until: atHour(7) },
  LeaseRenewed: { until: atHour(8) },
  LeaseGivenUp: { givenUpAt: atHour(7.5) },

  PolicyRunStarted: {
    kind: 'policy-run',
    sessionId: runId,
    policy: samplePolicy({ policyId: 'nightly', keep: 7 }),
    trigger: { kind: 'schedule', dueAt: atHour(7) },
    parts: {
      scope: 'image-level',
      replicas: [target],
    },
    startedAt: atHour(7),
  },
  InstancesResolved: {
    instances: [instanceId],
    skipped: [
      {
        instanceId: sampleIds.instance('db-1'),
        reason: { kind: 'other-policy', policyId: sampleIds.policy('databases') },
      },
      { instanceId: sampleIds.instance('gone-1'), reason: { kind: 'not-found' } },
      {
        instanceId: sampleIds.instance('torn-1'),
        reason: {
          kind: 'unreadable',
          problem: {
            code: 'CLOUD_STATE_CORRUPT',
            message: 'cloud/instances/torn-1/instance.json is not JSON',
          },
        },
      },
    ],
  },
  InstanceSessionStarted: { instanceId, attempt: 1, instanceSessionId: sessionId },
  InstanceSessionEnded: {
    instanceId,
    attempt: 1,
    instanceSessionId: sessionId,
    status: 'failed',
    problem,
  },
  RetryScheduled: { attempt: 2, instanceIds: [instanceId], notBefore: atHour(7.5) },
  StartsForgone: { instanceIds: [instanceId] },
  RunCancellationRequested: { reason: 'the operator pressed Ctrl-C' },
  PolicyRunCompleted: { outcome: 'warning', warnings: [problem], endedAt: atHour(8) },
  PolicyRunFailed: { problem, endedAt: atHour(8) },
  RepositorySessionStarted: {
    kind: 'repository',
    sessionId: sampleIds.session('collection'),
    repositoryId: sampleIds.repository('vault'),
    work: 'collection',
    instanceId: null,
    engineId,
    startedAt: atHour(7),
  },
  WriterEnded: { writerId: sessionId, instanceId, outcome: 'discarded', why: 'session-ended' },
  CollectionPlanned: {
    inUse: { objects: 512, bytes: 8_589_934_592 },
    removable: { objects: 3, bytes: 50_331_648 },
    awaiting: { objects: 1, bytes: 16_777_216 },
    held: { objects: 2, bytes: 33_554_432, until: atHour(240) },
    unexplained: { objects: 0, bytes: 0 },
    leftovers: 2,
    openWriters: [sampleIds.session('other')],
  },
  DataCondemned: { generation: 7, objects: 1, bytes: 16_777_216 },
  DataRemoved: { objects: 3, bytes: 50_331_648 },
  RepackPlanned: {
    instanceId,
    sparse: { objects: 12, bytes: 201_326_592 },
    liveBytes: 41_943_040,
    left: { objects: 3, bytes: 50_331_648 },
  },
  DataMoved: {
    instanceId,
    pointsMoved: 28,
    bytesWritten: 42_467_328,
    blocksDamaged: 0,
  },
  RepairPlanned: {
    instanceId,
    blocksDamaged: 12,
    blocksFromCopies: 4,
    blocksFromElsewhere: 7,
    mapPartsDamaged: 1,
    mapPartsHealed: 1,
    objectsSpoilt: 0,
  },
  DamageHealed: {
    instanceId,
    blocksDamaged: 12,
    blocksFromCopies: 4,
    blocksFromElsewhere: 7,
    mapPartsDamaged: 1,
    mapPartsHealed: 1,
    objectsSpoilt: 0,
    pointsHealed: 28,
    bytesWritten: 3_145_728,
  },
  DamageLeft: {
    pointId,
    volumeId,
    device,
    objectKey: 'packs/5a2c1f0e-7d4b-4c3a-9e8f-0a1b2c3d4e5f/01020304-00000000',
    firstBlock: 4096,
    blockCount: 1,
    reason: 'the record is not authentic',
  },
  PointsMarked: { instanceId, sound: [], damaged: [pointId] },
  MergePlanned: {
    instanceId,
    merges: [{ pointId, absorbed: [sampleIds.session('base')], bytesToWrite: 25_165_824 }],
    left: 2,
  },
  PointMerged: {
    instanceId,
    pointId,
    absorbed: [sampleIds.session('base')],
    parents: [],
    bytesWritten: 25_268_224,
  },
  DamageFound: {
    pointId,
    volumeId,
    device,
    objectKey: 'packs/5a2c1f0e-7d4b-4c3a-9e8f-0a1b2c3d4e5f/01020304-00000000',
    firstBlock: 4096,
    blockCount: 1,
    reason: 'the record is not authentic',
  },
  ObjectsVerified: {
    sound: ['packs/5a2c1f0e-7d4b-4c3a-9e8f-0a1b2c3d4e5f/01020304-00000001'],
    damaged: ['packs/5a2c1f0e-7d4b-4c3a-9e8f-0a1b2c3d4e5f/01020304-00000000'],
    verifiedAt: atHour(7.05),
  },
  VerificationCovered: {
    objects: 2,
    bytes: 33_554_432,
    objectsTotal: 512,
    bytesTotal: 8_589_934_592,
    findings: 1,
  },
  VerificationListed: { sessionId: sampleIds.session('verification') },
  RepositorySessionCompleted: { endedAt: atHour(7.1) },
  RepositorySessionFailed: { problem, endedAt: atHour(7.1) },
  RepositorySessionCancelled: { reason: 'the operator pressed Ctrl-C', endedAt: atHour(7.1) },
  PolicyRunCancelled: { reason: 'the operator pressed Ctrl-C', endedAt: atHour(8) },
};
