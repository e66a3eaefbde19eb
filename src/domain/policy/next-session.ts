import type {
  ReplicaSetId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
} from '../identifiers.ts';
import type { InstanceHistory } from '../retention/instance-history.ts';
import { parentPoint } from '../retention/parent-point.ts';
import type { BackupPolicy } from './backup-policy.ts';

/** No id of an item that there is: those are made by the engine. */
const sessionId = 'next-session' as SessionId;
const setId = 'next-set' as SnapshotSetId;
const snapshotId = 'next-snapshot' as SnapshotId;

/**
 * The history as it would be at the end of a backup by the policy now in which all goes well: with a set, a
 * replica in each target, and a restore point where image-level backup is on.
 */
export function withNextSession(
  history: InstanceHistory,
  { replicas, image }: BackupPolicy,
  now: TimestampMs,
): { readonly history: InstanceHistory; readonly sessionId: SessionId } {
  const common = {
    sessionId,
    order: Number.MAX_SAFE_INTEGER,
    takenAt: now,
    condition: 'complete',
    origin: 'policy',
    expiresAt: null,
    usedBy: [],
  } as const;
  const volumeIds = [...history.volumeIds];
  // Of the snapshots retention looks at nothing but the volumes of replicas.
  const set = { ...common, id: setId, snapshots: [], pendingCopies: [] };
  const copies = replicas.map(({ target }, index) => ({
    ...common,
    id: `next-replica-${index}` as ReplicaSetId,
    target,
    setId,
    snapshots: volumeIds.map((volumeId) => ({
      snapshotId,
      sourceSnapshotId: snapshotId,
      volumeId,
    })),
  }));
  const withCopies: InstanceHistory = {
    ...history,
    sets: [...history.sets, set],
    replicas: [...history.replicas, ...copies],
  };
  if (image.level === 'off') return { history: withCopies, sessionId };
  const parent = parentPoint(history.points);
  const point = {
    ...common,
    id: sessionId,
    setId,
    committedAt: now,
    volumeIds,
    parents: parent === null ? [] : [parent.id],
    repositoryId: null,
    expired: null,
  };
  return {
    history: {
      ...withCopies,
      points: [...history.points, point],
      imageLevel: [...history.imageLevel, { sessionId, pointId: sessionId, setId }],
    },
    sessionId,
  };
}
