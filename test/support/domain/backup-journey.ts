import type { BackupCommand } from '../../../src/domain/backup-session/backup-commands.ts';
import type {
  BackupScope,
  BackupSessionEvent,
  PlannedVolume,
  ReplicaSnapshot,
  TakenSnapshot,
  TransferredBlocks,
} from '../../../src/domain/backup-session/backup-events.ts';
import {
  type BackupSession,
  initialBackupSession,
  type StartedBackup,
} from '../../../src/domain/backup-session/backup-session.ts';
import type { BackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import { decideBackup } from '../../../src/domain/backup-session/decide-backup.ts';
import { evolveBackup } from '../../../src/domain/backup-session/evolve-backup.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import type { WorkerPolicy } from '../../../src/domain/policy/worker-policy.ts';
import type { ReplicaTarget } from '../../../src/domain/policy/replica-target.ts';
import type { InstanceHistory } from '../../../src/domain/retention/instance-history.ts';
import { keepObsolete } from '../../../src/domain/retention/obsolete-rule.ts';
import { samplePolicy } from './sample-policy.ts';
import { atHour, sampleIds } from './sample-ids.ts';
import { known } from '../../../src/domain/sensitive/sensitive.ts';

/** The session of every journey: instance `web-1`, one root and one data volume. */
export const journeyIds = {
  session: sampleIds.session('now'),
  instance: sampleIds.instance('web-1'),
  set: sampleIds.set('now'),
  worker: sampleIds.worker(1),
  root: sampleIds.volume('root'),
  data: sampleIds.volume('data'),
  oldSet: sampleIds.set('old'),
  oldSnapshot: sampleIds.snapshot('old-root'),
  replica: sampleIds.replica('now'),
  oldReplica: sampleIds.replica('old'),
  oldPoint: sampleIds.session('old'),
} as const;

/** Where the journey copies its set. */
export const journeyTarget: ReplicaTarget = {
  region: sampleIds.region('west'),
  keyId: null,
  account: null,
};

/** Keeps one of everything. */
export const journeyPolicy: BackupPolicy = {
  ...samplePolicy({ keep: 1 }),
  replicas: [
    { target: journeyTarget, schedules: [], retention: { count: 1, age: null, gfs: null } },
  ],
  image: { ...samplePolicy().image, retention: { count: 1, age: null, gfs: null } },
};

/** Commands of the journey, one by one; a test changes what it is about. */
export const journeyCommands = {
  start: (
    scope: BackupScope,
    transport: BackupPolicy['image']['transport'] = 'worker',
  ): BackupCommand => ({
    type: 'StartSession',
    sessionId: journeyIds.session,
    instanceId: journeyIds.instance,
    scope,
    origin: { kind: 'on-demand' },
    policy: { ...journeyPolicy, image: { ...journeyPolicy.image, transport } },
    pointKind: 'incremental',
    replicaTargets: scope === 'retention-only' ? [] : [journeyTarget],
    now: atHour(17),
  }),
  inspected: {
    type: 'RecordInstance',
    instance: {
      region: sampleIds.region('local'),
      volumes: [
        {
          volumeId: journeyIds.root,
          device: sampleIds.device('xvda'),
          sizeBytes: 4 * 524_288,
          role: 'root',
        },
        {
          volumeId: journeyIds.data,
          device: sampleIds.device('xvdb'),
          sizeBytes: 524_288,
          role: 'data',
        },
      ],
      excluded: [],
      notices: [],
      configuration: known({ instanceType: 't3.small' }),
    },
  },
  requested: { type: 'RequestSnapshots', setId: journeyIds.set },
  taken: {
    type: 'RecordSnapshots',
    takenAt: atHour(17),
    snapshots: [
      {
        snapshotId: sampleIds.snapshot('now-root'),
        volumeId: journeyIds.root,
        device: sampleIds.device('xvda'),
        sizeBytes: 4 * 524_288,
      },
      {
        snapshotId: sampleIds.snapshot('now-data'),
        volumeId: journeyIds.data,
        device: sampleIds.device('xvdb'),
        sizeBytes: 524_288,
      },
    ],
  },
  abandoned: { type: 'AbandonSnapshots' },
  completed: { type: 'RecordSnapshotsCompleted' },
  writer: {
    type: 'RecordWriter',
    repositoryId: sampleIds.repository('main'),
    format: 'strata',
  },
  planned: {
    type: 'RecordReadPlan',
    volumes: [plannedVolume('root', 4), plannedVolume('data', 0)],
  },
  worker: (attempt: number): BackupCommand => ({
    type: 'RecordWorker',
    attempt,
    workerId: sampleIds.worker(attempt),
  }),
  attached: {
    type: 'RecordAttachments',
    volumes: [
      {
        volumeId: sampleIds.volume('temporary'),
        snapshotId: sampleIds.snapshot('now-root'),
      },
    ],
  },
  transferred: (progress: Partial<TransferredBlocks> = {}): BackupCommand => ({
    type: 'RecordTransfer',
    progress: transferred(progress),
  }),
  spotRefused: (attempt: number): BackupCommand => ({
    type: 'RecordSpotRefused',
    attempt,
    problem: { code: 'SPOT_REFUSED', message: 'there is no spot instance now' },
  }),
  workerLost: (attemptsMax: number): BackupCommand => ({
    type: 'RecordWorkerLost',
    problem: { code: 'WORKER_LOST', message: 'the worker has been silent for 30000 ms' },
    attemptsMax,
  }),
  directRead: (attempt: number): BackupCommand => ({ type: 'BeginDirectRead', attempt }),
  directReadFailed: (failuresMax: number): BackupCommand => ({
    type: 'RecordDirectReadFailed',
    problem: { code: 'DISK_UNREADABLE', message: 'block 3 of snap-now-root cannot be read' },
    failuresMax,
  }),
  committed: {
    type: 'RecordPoint',
    pointId: journeyIds.session,
    committedAt: atHour(18),
    volumes: [],
  },
  workerRemoved: {
    type: 'RecordWorkerRemoved',
    workers: [journeyIds.worker],
    volumes: [sampleIds.volume('temporary')],
  },
  writerClosed: { type: 'RecordWriterClosed' },
  retention: (history: InstanceHistory = journeyHistory()): BackupCommand => ({
    type: 'DecideRetention',
    history,
    obsolete: keepObsolete,
    pointDependency: 'independent',
    now: atHour(18.5),
  }),
  replicaRequested: { type: 'RequestReplica', replicaSetId: journeyIds.replica },
  replicaStarted: {
    type: 'RecordReplicaStarted',
    snapshots: ['root', 'data'].map((name) => ({
      snapshotId: sampleIds.snapshot(`copy-${name}`),
      sourceSnapshotId: sampleIds.snapshot(`now-${name}`),
      volumeId: sampleIds.volume(name),
    })),
  },
  replicated: { type: 'RecordReplicated', completedAt: atHour(18.2), stillShared: null },
  replicaFailed: {
    type: 'RecordReplicaFailed',
    problem: { code: 'SNAPSHOT_FAILED', message: 'the copy failed in the other region' },
    copies: 'none',
    stillShared: null,
  },
  expirePoints: { type: 'ExpirePoints', now: atHour(18.5) },
  cleared: { type: 'RecordRemovalsCleared', withheld: [] },
  replicaRemoved: {
    type: 'RecordReplicaRemoved',
    replicaSetId: journeyIds.oldReplica,
    snapshotIds: [sampleIds.snapshot('old-copy')],
  },
  replicaNotRemoved: {
    type: 'RecordReplicaNotRemoved',
    replicaSetId: journeyIds.oldReplica,
    problem: { code: 'STORE_UNAVAILABLE', message: 'the other region did not answer' },
  },
  pointRemoved: { type: 'RecordPointRemoved', pointId: journeyIds.oldPoint },
  pointNotRemoved: {
    type: 'RecordPointNotRemoved',
    pointId: journeyIds.oldPoint,
    problem: { code: 'STORE_UNAVAILABLE', message: 'the repository did not answer' },
  },
  removed: {
    type: 'RecordSnapshotRemoved',
    setId: journeyIds.oldSet,
    snapshotIds: [journeyIds.oldSnapshot],
  },
  notRemoved: {
    type: 'RecordSnapshotNotRemoved',
    setId: journeyIds.oldSet,
    problem: { code: 'STORE_UNAVAILABLE', message: 'the cloud did not answer' },
  },
  failure: (step: string): BackupCommand => ({
    type: 'RecordFailure',
    step,
    problem: { code: 'STORE_FULL', message: 'no room is left' },
  }),
  cancel: { type: 'Cancel', reason: 'the operator pressed Ctrl-C' },
  end: { type: 'EndSession', now: atHour(19) },
} as const satisfies Record<string, BackupCommand | ((...args: never[]) => BackupCommand)>;

export function plannedVolume(name: string, plannedBlocks: number): PlannedVolume {
  return {
    volumeId: sampleIds.volume(name),
    device: sampleIds.device(name === 'root' ? 'xvda' : 'xvdb'),
    snapshotId: sampleIds.snapshot(`now-${name}`),
    sizeBytes: 4 * 524_288,
    mode: 'allocated',
    reason: 'first-backup',
    baseSnapshotId: null,
    parentPointId: null,
    planId: `plan-${name}`,
    plannedBlocks,
  };
}

/** All four planned blocks of the root volume in one segment, unless told otherwise. */
export function transferred(progress: Partial<TransferredBlocks> = {}): TransferredBlocks {
  return {
    volumeId: journeyIds.root,
    attempt: 1,
    firstSegment: 0,
    endSegment: 1,
    endPlanned: 4,
    blocksRead: 4,
    blocksUnchanged: 1,
    blocksZero: 1,
    blocksDeduplicated: 1,
    blocksStored: 1,
    bytesRead: 4 * 524_288,
    bytesStored: 1_000,
    ...progress,
  };
}

/**
 * What an older session left, which a policy that keeps one of everything lets go, and what the
 * session itself has made by the time of its retention.
 */
export function journeyHistory(): InstanceHistory {
  const { session, set, oldSet, oldPoint } = journeyIds;
  const complete = { condition: 'complete', origin: 'policy', expiresAt: null } as const;
  const old = { ...complete, sessionId: oldPoint, takenAt: atHour(7), order: 0, usedBy: [] };
  const now = { ...complete, sessionId: session, takenAt: atHour(17), order: 1 };
  const snapshot = (name: string): TakenSnapshot => ({
    snapshotId: sampleIds.snapshot(name),
    volumeId: journeyIds.root,
    device: sampleIds.device('xvda'),
    sizeBytes: 4 * 524_288,
  });
  const copy = (name: string): ReplicaSnapshot => ({
    snapshotId: sampleIds.snapshot(`${name}-copy`),
    sourceSnapshotId: sampleIds.snapshot(`${name}-root`),
    volumeId: journeyIds.root,
  });
  const point = {
    committedAt: atHour(18),
    volumeIds: [journeyIds.root],
    repositoryId: sampleIds.repository('main'),
    expired: null,
  };
  return {
    sets: [
      { ...old, id: oldSet, snapshots: [snapshot('old-root')], pendingCopies: [] },
      {
        ...now,
        id: set,
        usedBy: [session],
        snapshots: [snapshot('now-root'), snapshot('now-data')],
        pendingCopies: [],
      },
    ],
    replicas: [
      {
        ...old,
        id: journeyIds.oldReplica,
        target: journeyTarget,
        setId: oldSet,
        snapshots: [copy('old')],
      },
      {
        ...now,
        id: journeyIds.replica,
        usedBy: [],
        target: journeyTarget,
        setId: set,
        snapshots: [copy('now')],
      },
    ],
    points: [
      { ...old, ...point, id: oldPoint, setId: oldSet, parents: [] },
      { ...now, ...point, id: session, usedBy: [], setId: set, parents: [oldPoint] },
    ],
    imageLevel: [
      { sessionId: oldPoint, pointId: oldPoint, setId: oldSet },
      { sessionId: session, pointId: session, setId: set },
    ],
    volumeIds: new Set([journeyIds.root]),
    holds: [],
    gone: [],
  };
}

/** One station of a journey: at this step, this outcome leads to exactly these events. */
export interface Station {
  readonly step: BackupStep['kind'];
  readonly command: BackupCommand;
  readonly events: readonly BackupSessionEvent['type'][];
}

const firstStations: readonly Station[] = [
  {
    step: 'inspect-instance',
    command: journeyCommands.inspected,
    events: ['InstanceInspected'],
  },
  { step: 'request-snapshots', command: journeyCommands.requested, events: ['SnapshotRequested'] },
  { step: 'take-snapshots', command: journeyCommands.taken, events: ['SnapshotTaken'] },
  { step: 'await-snapshots', command: journeyCommands.completed, events: ['SnapshotCompleted'] },
  {
    step: 'request-replica',
    command: journeyCommands.replicaRequested,
    events: ['ReplicaRequested'],
  },
  { step: 'start-replica', command: journeyCommands.replicaStarted, events: ['ReplicaStarted'] },
];

const imageStations: readonly Station[] = [
  { step: 'register-writer', command: journeyCommands.writer, events: ['WriterRegistered'] },
  { step: 'plan-read', command: journeyCommands.planned, events: ['ReadPlanned'] },
  { step: 'launch-worker', command: journeyCommands.worker(1), events: ['WorkerLaunched'] },
  { step: 'attach-volumes', command: journeyCommands.attached, events: ['VolumesAttached'] },
  {
    step: 'transfer-blocks',
    command: journeyCommands.transferred(),
    events: ['BlocksTransferred'],
  },
  { step: 'commit-point', command: journeyCommands.committed, events: ['RestorePointCommitted'] },
  { step: 'remove-worker', command: journeyCommands.workerRemoved, events: ['WorkerRemoved'] },
  { step: 'close-writer', command: journeyCommands.writerClosed, events: ['WriterClosed'] },
];

const copiedStation: Station = {
  step: 'await-replica',
  command: journeyCommands.replicated,
  events: ['Replicated'],
};

const lastStations: readonly Station[] = [
  {
    step: 'decide-retention',
    command: journeyCommands.retention(),
    events: ['RetentionDecided'],
  },
  { step: 'expire-points', command: journeyCommands.expirePoints, events: ['RestorePointExpired'] },
  { step: 'clear-removals', command: journeyCommands.cleared, events: ['RemovalsCleared'] },
  { step: 'remove-snapshots', command: journeyCommands.removed, events: ['SnapshotRemoved'] },
  { step: 'remove-replica', command: journeyCommands.replicaRemoved, events: ['ReplicaRemoved'] },
  { step: 'remove-point', command: journeyCommands.pointRemoved, events: ['RestorePointRemoved'] },
  { step: 'end-session', command: journeyCommands.end, events: ['SessionCompleted'] },
];

/** An adoption is over with its beginning. */
export type JourneyScope = Exclude<BackupScope, 'adoption'>;

/** The way of a session in which everything goes well, after its start. */
export const journeys: Readonly<Record<JourneyScope, readonly Station[]>> = {
  'snapshot-only': [...firstStations, copiedStation, ...lastStations],
  'image-level': [...firstStations, ...imageStations, copiedStation, ...lastStations],
  'retention-only': lastStations,
};

/** The events that these commands lead to, one after the other, from a new session on. */
export function eventsOf(...commands: readonly BackupCommand[]): readonly BackupSessionEvent[] {
  return eventsAfter([], ...commands);
}

/** A history, and what these commands add to it one after the other. */
export function eventsAfter(
  history: readonly BackupSessionEvent[],
  ...commands: readonly BackupCommand[]
): readonly BackupSessionEvent[] {
  let state: BackupSession = history.reduce(evolveBackup, initialBackupSession);
  const added = commands.flatMap((command) => {
    const events = decideBackup(command, state);
    state = events.reduce(evolveBackup, state);
    return events;
  });
  return [...history, ...added];
}

/** The events of a journey up to where `step` is the next one. */
export function eventsBefore(
  step: BackupStep['kind'],
  scope: JourneyScope = 'image-level',
): readonly BackupSessionEvent[] {
  const stations = journeys[scope];
  const index = stations.findIndex((station) => station.step === step);
  if (index < 0) throw new Error(`a ${scope} journey does not come by ${step}`);
  const commands = stations.slice(0, index).map(({ command }) => command);
  return eventsOf(journeyCommands.start(scope), ...commands);
}

/** The state of a session that was started. */
export function stateAfter(events: readonly BackupSessionEvent[]): StartedBackup {
  const state = events.reduce(evolveBackup, initialBackupSession);
  if (state.status === 'not-started') throw new Error('these events start no session');
  return state;
}

/** A session before its first worker, under a policy that wants such machines; of an instance with 2.5 MiB of volumes. */
export function eventsBeforeWorker(workers: WorkerPolicy): readonly BackupSessionEvent[] {
  const start = journeyCommands.start('image-level');
  if (start.type !== 'StartSession') throw new Error('a session begins with another command');
  const image = { ...journeyPolicy.image, workers };
  const begun = { ...start, policy: { ...journeyPolicy, image }, replicaTargets: [] };
  const { inspected, requested, taken, completed, writer, planned } = journeyCommands;
  return eventsOf(begun, inspected, requested, taken, completed, writer, planned);
}
