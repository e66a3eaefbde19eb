import type {
  ReplicaProgress,
  SessionStatus,
  SnapshotSetState,
  StartedBackup,
} from '../domain/backup-session/backup-session.ts';
import type {
  DeviceName,
  InstanceId,
  Region,
  ReplicaSetId,
  RepositoryId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../domain/identifiers.ts';
import type { AccountRole } from '../domain/policy/account-role.ts';
import type { ReplicaTarget } from '../domain/policy/replica-target.ts';
import type { SessionOrigin } from '../domain/backup-session/session-origin.ts';

/** A session of which only what retention looks at is noted, in the order in which they ran. */
export interface NotedSession {
  /** Names what the session made: set `s3`, replica `r3-west`, point `p3`. */
  readonly number: number;
  readonly takenAt: TimestampMs;
  readonly status: SessionStatus;
  readonly set: 'completed' | 'torn' | 'none';
  readonly volumes: readonly string[];
  readonly point: 'committed' | 'none';
  /** Where the point lies; default: one repository for all of them. */
  readonly repositoryId?: RepositoryId;
  /** The session whose point the point was compared with. */
  readonly parent: number | null;
  readonly replicas: readonly NotedReplica[];
  readonly origin: SessionOrigin;
  /** What its retention did, as numbers of sessions; replicas with their region. */
  readonly removedSets: readonly number[];
  readonly removedPoints: readonly number[];
  readonly removedReplicas: readonly string[];
  readonly expiredPoints: readonly number[];
  /** Sets that it tried to remove in vain. */
  readonly halfRemovedSets: readonly number[];
}

export interface NotedReplica {
  readonly target: ReplicaTarget;
  readonly state: ReplicaProgress['state'];
}

export const noted = {
  session: (number: number) => `p${number}` as SessionId,
  set: (number: number) => `s${number}` as SnapshotSetId,
  replica: (number: number, region: string) => `r${number}-${region}` as ReplicaSetId,
  volume: (name: string) => name as VolumeId,
  region: (name: string) => name as Region,
  /** By which one other account is entered. */
  role: (name: string): AccountRole => ({
    roleArn: `arn:aws:iam::222233334444:role/${name}`,
    externalId: null,
  }),
} as const;

/** The state that such a session has. Its point has its id, as everywhere. */
export function sessionOf(note: NotedSession): StartedBackup {
  const sessionId = noted.session(note.number);
  const set = setOf(note);
  const decided = (id: SessionId): { readonly id: SessionId } => ({ id });
  return {
    status: note.status,
    kind: 'backup',
    sessionId,
    instanceId: 'noted' as InstanceId,
    scope: note.point === 'committed' ? 'image-level' : 'snapshot-only',
    origin: note.origin,
    policy: null,
    pointKind: 'incremental',
    replicaTargets: note.replicas.map(({ target }) => target),
    startedAt: note.takenAt,
    endedAt: note.status === 'running' ? null : note.takenAt,
    ending: null,
    instance: null,
    snapshotSet: set,
    writer: {
      state: 'closed',
      repositoryId: note.repositoryId ?? ('noted' as RepositoryId),
      format: 'noted',
    },
    readPlan:
      note.parent === null || set === null
        ? null
        : set.snapshots.map((snapshot) => ({
            ...snapshot,
            mode: 'changed',
            reason: null,
            baseSnapshotId: null,
            parentPointId: noted.session(note.parent ?? 0),
            planId: 'noted',
            plannedBlocks: 0,
          })),
    worker: { state: 'none', attemptsUsed: 0 },
    spotRefused: null,
    transfers: [],
    point:
      note.point === 'committed'
        ? { pointId: sessionId, committedAt: note.takenAt, volumes: [] }
        : null,
    replicas: note.replicas.map((replica) => replicaOf(note, replica)),
    retention: {
      decidedAt: note.takenAt,
      snapshots: { keep: [], remove: [] },
      replicas: { keep: [], remove: [] },
      points: {
        dependency: 'independent',
        keep: [],
        expire: note.expiredPoints.map(noted.session).map((id) => ({
          ...decided(id),
          takenAt: note.takenAt,
          reasons: [{ kind: 'beyond-count', keep: 1 }],
          expiredAt: null,
          held: [],
        })),
      },
    },
    expiredPoints: note.expiredPoints.map(noted.session),
    withheld: [],
    removed: {
      sets: note.removedSets.map(noted.set),
      replicas: note.removedReplicas.map((name) => name as ReplicaSetId),
      points: note.removedPoints.map(noted.session),
    },
    unremoved: { sets: note.halfRemovedSets.map(noted.set), replicas: [], points: [] },
    adopted: { sets: [], replicas: [] },
    warnings: [],
  };
}

function setOf({ number, set, takenAt, volumes }: NotedSession): SnapshotSetState | null {
  if (set === 'none') return null;
  return {
    setId: noted.set(number),
    state: set === 'completed' ? 'completed' : 'taken',
    takenAt,
    snapshots: volumes.map((name) => ({
      snapshotId: `s${number}-${name}` as SnapshotId,
      volumeId: noted.volume(name),
      device: `/dev/${name}` as DeviceName,
      sizeBytes: 1,
    })),
  };
}

function replicaOf(
  { number, takenAt, volumes }: NotedSession,
  { target, state }: NotedReplica,
): ReplicaProgress {
  return {
    replicaSetId: noted.replica(number, target.region),
    target,
    state,
    snapshots:
      state === 'requested'
        ? []
        : volumes.map((name) => ({
            snapshotId: `r${number}-${target.region}-${name}` as SnapshotId,
            sourceSnapshotId: `s${number}-${name}` as SnapshotId,
            volumeId: noted.volume(name),
          })),
    completedAt: state === 'completed' ? takenAt : null,
  };
}
