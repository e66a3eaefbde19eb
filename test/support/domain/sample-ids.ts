import type {
  DeviceName,
  EngineId,
  HoldId,
  InstanceId,
  PolicyId,
  Region,
  ReplicaSetId,
  RepositoryId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
  WorkerId,
} from '../../../src/domain/identifiers.ts';

/** Ids that a person can tell apart at a glance. The one place where tests make brands of text. */
export const sampleIds = {
  session: (name: string | number) => `session-${name}` as SessionId,
  set: (name: string | number) => `set-${name}` as SnapshotSetId,
  replica: (name: string | number) => `replica-${name}` as ReplicaSetId,
  hold: (name: string | number) => `hold-${name}` as HoldId,
  snapshot: (name: string | number) => `snap-${name}` as SnapshotId,
  volume: (name: string | number) => `vol-${name}` as VolumeId,
  instance: (name: string) => name as InstanceId,
  worker: (name: string | number) => `worker-${name}` as WorkerId,
  engine: (name: string) => `engine-${name}` as EngineId,
  policy: (name: string) => name as PolicyId,
  repository: (name: string) => `repository-${name}` as RepositoryId,
  region: (name: string) => name as Region,
  device: (name: string) => `/dev/${name}` as DeviceName,
} as const;

/** The time at `hour` (fractions allowed) of the day on which most samples happen. */
export function atHour(hour: number): TimestampMs {
  return (Date.UTC(2026, 0, 5) + hour * 3_600_000) as TimestampMs;
}
