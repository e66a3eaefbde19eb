import {
  type BackupSessionEvent,
  blockSizeBytes,
  defaultPolicy,
  type DeviceName,
  type InstanceDescription,
  type InstanceId,
  type PointManifest,
  type PolicyId,
  type Region,
  type RepositoryId,
  type SessionId,
  type SessionSummary,
  type SnapshotId,
  type SnapshotSetId,
  type TimestampMs,
  type VolumeId,
  type WorkerId,
} from '../../../src/index.ts';
import { known } from '../../../src/domain/sensitive/sensitive.ts';

const instanceId = 'web-1' as InstanceId;
const volumeId = 'vol-1' as VolumeId;
const device = '/dev/xvda' as DeviceName;
const sizeBytes = 8 * 1024 ** 3;
const startedAt = 1_774_760_400_000 as TimestampMs;

export const sampleIds = {
  session: '3f2a91c4-0000-4000-8000-000000000001' as SessionId,
  set: '9b1c22d0-0000-4000-8000-000000000002' as SnapshotSetId,
  oldBase: '11111111-0000-4000-8000-000000000003' as SnapshotSetId,
  surplus: '22222222-0000-4000-8000-000000000004' as SnapshotSetId,
  startedAt,
} as const;

export const sampleInstance: InstanceDescription = {
  instanceId,
  region: 'local' as Region,
  tags: { env: 'prod' },
  volumes: [{ volumeId, device, sizeBytes, role: 'root', tags: {} }],
  configuration: { cloud: 'local', launchedAt: 5 },
};

export const samplePoint: PointManifest = {
  pointId: sampleIds.session,
  instanceId,
  setId: sampleIds.set,
  takenAt: startedAt,
  committedAt: (startedAt + 9000) as TimestampMs,
  configuration: sampleInstance.configuration,
  volumes: [
    {
      volumeId,
      device,
      snapshotId: 'snap-2' as SnapshotId,
      sizeBytes,
      blocksStored: 134,
      bytesStored: 47_185_920,
      mapBytesStored: 8192,
    },
  ],
};

const counts = {
  volumeId,
  attempt: 1,
  blocksUnchanged: 6,
  blocksZero: 2,
  blocksDeduplicated: 5,
  blocksStored: 67,
  blocksRead: 80,
  bytesRead: 80 * blockSizeBytes,
  bytesStored: 23_592_960,
} as const;

/** An incremental backup that keeps the old CBT base beyond the count. */
export const backupEvents: readonly BackupSessionEvent[] = [
  {
    type: 'SessionStarted',
    data: {
      kind: 'backup',
      sessionId: sampleIds.session,
      instanceId,
      scope: 'image-level',
      origin: { kind: 'on-demand' },
      pointKind: 'incremental',
      replicaTargets: [],
      policy: defaultPolicy('web-1' as PolicyId, [instanceId]),
      startedAt,
    },
  },
  {
    type: 'InstanceInspected',
    data: {
      region: sampleInstance.region,
      volumes: [{ volumeId, device, sizeBytes, role: 'root' }],
      excluded: [],
      notices: [],
      configuration: known(sampleInstance.configuration),
    },
  },
  { type: 'SnapshotRequested', data: { setId: sampleIds.set } },
  {
    type: 'SnapshotTaken',
    data: {
      setId: sampleIds.set,
      takenAt: startedAt,
      snapshots: [{ snapshotId: 'snap-2' as SnapshotId, volumeId, device, sizeBytes }],
    },
  },
  { type: 'SnapshotCompleted', data: { setId: sampleIds.set } },
  {
    type: 'WriterRegistered',
    data: { repositoryId: 'abcdef01-repository' as RepositoryId, format: 'strata' },
  },
  {
    type: 'ReadPlanned',
    data: {
      volumes: [
        {
          volumeId,
          device,
          snapshotId: 'snap-2' as SnapshotId,
          sizeBytes,
          mode: 'allocated',
          reason: 'volume-resized',
          baseSnapshotId: 'snap-1' as SnapshotId,
          parentPointId: '11111111-0000-4000-8000-000000000009' as SessionId,
          planId: 'plan',
          plannedBlocks: 160,
        },
      ],
    },
  },
  {
    type: 'WorkerLaunched',
    data: {
      attempt: 1,
      workerId: 'worker-1' as WorkerId,
      instanceType: null,
      market: 'on-demand',
    },
  },
  {
    type: 'VolumesAttached',
    data: { attempt: 1, workerId: 'worker-1' as WorkerId, volumes: [] },
  },
  {
    type: 'BlocksTransferred',
    data: { ...counts, firstSegment: 0, endSegment: 1, endPlanned: 80 },
  },
  {
    type: 'BlocksTransferred',
    data: { ...counts, firstSegment: 1, endSegment: 2, endPlanned: 160 },
  },
  {
    type: 'RestorePointCommitted',
    data: { pointId: sampleIds.session, committedAt: startedAt, volumes: [] },
  },
  {
    type: 'WorkerRemoved',
    data: { workers: ['worker-1' as WorkerId], volumes: ['vol-9' as VolumeId] },
  },
  { type: 'WriterClosed', data: { result: 'committed' } },
  {
    type: 'RetentionDecided',
    data: {
      decidedAt: startedAt,
      keepReasons: [
        { kind: 'cbt-base', pointId: sampleIds.session },
        { kind: 'within-count', keep: 1 },
      ],
      removeReasons: [{ kind: 'beyond-count', keep: 1 }],
      snapshots: {
        keep: [
          { id: sampleIds.oldBase, takenAt: startedAt, reasons: [0] },
          { id: sampleIds.set, takenAt: startedAt, reasons: [1] },
        ],
        remove: [{ id: sampleIds.surplus, takenAt: startedAt, reasons: [0] }],
      },
      replicas: { keep: [], remove: [] },
      points: { dependency: 'independent', keep: [], expire: [] },
      unlisted: 0,
      postponed: 0,
    },
  },
  { type: 'SnapshotRemoved', data: { setId: sampleIds.surplus, snapshotIds: [] } },
  {
    type: 'SessionCompleted',
    data: { outcome: 'succeeded', warnings: [], endedAt: startedAt },
  },
];

export const sampleSummary: SessionSummary = {
  sessionId: sampleIds.session,
  kind: 'backup',
  instanceId,
  policyId: 'web-1' as PolicyId,
  status: 'succeeded',
  condition: 'ended',
  startedAt: startedAt,
  endedAt: (startedAt + 12_345) as TimestampMs,
  problems: [],
  scope: 'image-level',
  pointId: sampleIds.session,
  source: null,
  blocksRead: 160,
  bytesRead: 160 * 512 * 1024,
  blocksStored: 134,
  bytesStored: 47_185_920,
};
