import type { StartedBackup } from '../backup-session/backup-session.ts';
import type { PointId, SessionId, SnapshotSetId, TimestampMs } from '../identifiers.ts';
import type { ChainSet } from './snapshot-chain.ts';

/**
 * What is known of an instance's snapshots and points: a fold over its sessions, in the order in
 * which they claimed the instance.
 */
export interface InstanceHistory {
  /** The snapshot sets that exist, oldest first. */
  readonly chain: readonly ChainSet[];
  /** Sets with which a session that has not ended works. */
  readonly inUse: ReadonlyMap<SnapshotSetId, SessionId>;
  /** The image-level sessions that committed a restore point, oldest first. */
  readonly imageLevel: readonly ImageLevelSession[];
}

export interface ImageLevelSession {
  readonly sessionId: SessionId;
  readonly pointId: PointId;
  /** The source set; it may have been removed since. */
  readonly setId: SnapshotSetId;
}

/** Folds the sessions of one instance, in the order of their claims. */
export function instanceHistory(sessions: readonly StartedBackup[]): InstanceHistory {
  const removed = new Set(sessions.flatMap((session) => session.removedSets));
  // Of a set that could not be removed, a part may be gone already.
  const perhapsHalfRemoved = new Set(sessions.flatMap((session) => session.unremovedSets));
  const chain = inOrderOfClaims(sessions.flatMap((session) => chainSetOf(session) ?? []))
    .filter((set) => !removed.has(set.setId))
    .map((set): ChainSet =>
      perhapsHalfRemoved.has(set.setId) ? { ...set, condition: 'incomplete' } : set,
    );
  const existing = new Set(chain.map(({ setId }) => setId));
  const inUse = new Map(
    sessions.flatMap(({ status, snapshotSet, sessionId }) =>
      status === 'running' && snapshotSet !== null && existing.has(snapshotSet.setId)
        ? [[snapshotSet.setId, sessionId] as const]
        : [],
    ),
  );
  const imageLevel = sessions.flatMap(({ sessionId, snapshotSet, point }) =>
    point !== null && snapshotSet !== null
      ? [{ sessionId, pointId: point.pointId, setId: snapshotSet.setId }]
      : [],
  );
  return { chain, inUse, imageLevel };
}

/**
 * Sessions of an instance follow each other, so their sets do too, whatever the clocks said: a
 * clock that was set back must not make the newest set look like the oldest.
 */
function inOrderOfClaims(sets: readonly ChainSet[]): readonly ChainSet[] {
  let last = -Infinity;
  return sets.map((set) => {
    last = Math.max(set.takenAt, last + 1);
    return { ...set, takenAt: last as TimestampMs };
  });
}

function chainSetOf(session: StartedBackup): ChainSet | null {
  const { snapshotSet: set, sessionId, status } = session;
  if (set === null) return null;
  const { takenAt } = set;
  if (takenAt === null) return null;
  return {
    setId: set.setId,
    sessionId,
    takenAt,
    snapshotIds: set.snapshots.map(({ snapshotId }) => snapshotId),
    // A running session's set is on its way to completion; it is pinned as in use meanwhile.
    condition: set.state === 'completed' || status === 'running' ? 'complete' : 'incomplete',
  };
}
