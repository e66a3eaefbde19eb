import type {
  ReplicaSetId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../identifiers.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';
import type { InstanceHistory } from './instance-history.ts';
import { parentPoint } from './parent-point.ts';

/** A backup that did not happen, of which retention is to be asked. */
export interface ImaginedSession {
  /** What tells it from all other sessions; no id that an engine makes. */
  readonly name: string;
  /** Its place among the sessions of the instance. */
  readonly order: number;
  readonly at: TimestampMs;
  readonly volumeIds: ReadonlySet<VolumeId>;
  readonly targets: readonly ReplicaTarget[];
  /** Whether it makes a restore point. */
  readonly point: 'committed' | 'none';
}

/** The history as it is at the end of the session: with a set, a replica in each target, and its point. */
export function withImaginedSession(
  history: InstanceHistory,
  { name, order, at, volumeIds, targets, point }: ImaginedSession,
): { readonly history: InstanceHistory; readonly sessionId: SessionId } {
  const sessionId = name as SessionId;
  const setId = `set of ${name}` as SnapshotSetId;
  const snapshotId = `snapshot of ${name}` as SnapshotId;
  const common = {
    sessionId,
    order,
    takenAt: at,
    condition: 'complete',
    origin: 'policy',
    expiresAt: null,
    usedBy: [],
  } as const;
  // Of the snapshots retention looks at nothing but the volumes of replicas.
  const set = { ...common, id: setId, snapshots: [], pendingCopies: [] };
  const replicas = targets.map((target, index) => ({
    ...common,
    id: `replica ${index} of ${name}` as ReplicaSetId,
    target,
    setId,
    snapshots: [...volumeIds].map((volumeId) => ({
      snapshotId,
      sourceSnapshotId: snapshotId,
      volumeId,
    })),
  }));
  const withCopies: InstanceHistory = {
    ...history,
    sets: [...history.sets, set],
    replicas: [...history.replicas, ...replicas],
    volumeIds,
  };
  if (point === 'none') return { history: withCopies, sessionId };
  const parent = parentPoint(history.points);
  const committed = {
    ...common,
    id: sessionId,
    setId,
    committedAt: at,
    volumeIds: [...volumeIds],
    parents: parent === null ? [] : [parent.id],
    repositoryId: null,
    expired: null,
  };
  return {
    history: {
      ...withCopies,
      points: [...history.points, committed],
      imageLevel: [...history.imageLevel, { sessionId, pointId: sessionId, setId }],
    },
    sessionId,
  };
}
