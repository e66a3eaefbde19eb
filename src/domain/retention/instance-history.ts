import type { AdoptedSet } from '../backup-session/adoption-events.ts';
import type { SnapshotSetState, StartedBackup } from '../backup-session/backup-session.ts';
import type { ReplicaSetId, TimestampMs, VolumeId } from '../identifiers.ts';
import type { PlacedHold } from '../instance/hold.ts';
import { initialInstance, type InstanceState } from '../instance/instance-state.ts';
import { adoptedItems, adoptedReplicaOf, adoptedSetOf, placeOf } from './adopted-history.ts';
import { goneItems } from './gone-items.ts';
import {
  commonOf,
  factsOf,
  type HistoryFacts,
  keyOf,
  none,
  type OpenRestore,
  parentsOf,
  usersOf,
} from './history-facts.ts';
import type {
  GoneItem,
  ImageLevelSession,
  PointItem,
  ReplicaItem,
  SnapshotSetItem,
} from './history-items.ts';

/**
 * What is known of an instance's snapshot sets, replicas and restore points: a fold over its
 * sessions, in the order in which they claimed the instance, and over its own stream.
 */
export interface InstanceHistory {
  /** What exists, oldest first. */
  readonly sets: readonly SnapshotSetItem[];
  readonly replicas: readonly ReplicaItem[];
  /** Also those that left the chain and are not removed yet. */
  readonly points: readonly PointItem[];
  /** The image-level sessions that committed a restore point, oldest first. */
  readonly imageLevel: readonly ImageLevelSession[];
  /** The volumes of the newest set that was taken: those of which there will be another snapshot. */
  readonly volumeIds: ReadonlySet<VolumeId>;
  /** Those that were not released; the time of a lock among them may be over. */
  readonly holds: readonly PlacedHold[];
  /** What was removed, in the order of the sessions that removed it. */
  readonly gone: readonly GoneItem[];
}

/** Folds the sessions of one instance, in the order of their claims. */
export function instanceHistory(
  sessions: readonly StartedBackup[],
  instance: InstanceState = initialInstance,
  restores: readonly OpenRestore[] = none,
): InstanceHistory {
  const facts = factsOf(sessions, instance, restores);
  const adopted = adoptedItems(sessions);
  return {
    sets: inOrder([
      ...sessions.flatMap((session, order) => setOf(session, order, facts) ?? []),
      ...adopted.sets.flatMap((set) => adoptedSetOf(set, facts) ?? []),
    ]),
    replicas: inOrder([
      ...sessions.flatMap((session, order) => replicasOf(session, order, facts)),
      ...adopted.replicas.flatMap((replica) => adoptedReplicaOf(replica, facts) ?? []),
    ]),
    points: sessions.flatMap((session, order) => pointOf(session, order, facts) ?? []),
    imageLevel: sessions.flatMap(({ sessionId, snapshotSet, point }) =>
      point !== null && snapshotSet !== null
        ? [{ sessionId, pointId: point.pointId, setId: snapshotSet.setId }]
        : [],
    ),
    volumeIds: newestVolumes(sessions, adopted.sets, facts),
    holds: instance.holds,
    gone: goneItems(sessions),
  };
}

/** Those of one place stay as they are. */
function inOrder<Item extends { readonly order: number }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((a, b) => a.order - b.order);
}

/** Those of the newest set that was taken, whatever has become of it. */
function newestVolumes(
  sessions: readonly StartedBackup[],
  adopted: readonly AdoptedSet[],
  facts: HistoryFacts,
): ReadonlySet<VolumeId> {
  const taken = inOrder([
    ...sessions.flatMap((session, order) => {
      const set = takenSetOf(session);
      return set === null ? [] : [{ order, snapshots: set.snapshots }];
    }),
    ...adopted.map((set) => ({ order: placeOf(set, facts), snapshots: set.snapshots })),
  ]);
  return new Set(taken.at(-1)?.snapshots.map(({ volumeId }) => volumeId));
}

function pendingCopiesOf({ replicas }: StartedBackup): readonly ReplicaSetId[] {
  if (replicas.length === 0) return none;
  return replicas
    .filter(({ state }) => state === 'requested' || state === 'started')
    .map(({ replicaSetId }) => replicaSetId);
}

/** The set of a session, once it was taken. */
function takenSetOf({
  snapshotSet: set,
}: StartedBackup): (SnapshotSetState & { readonly takenAt: TimestampMs }) | null {
  if (set === null) return null;
  const { takenAt } = set;
  return takenAt === null ? null : { ...set, takenAt };
}

function setOf(session: StartedBackup, order: number, facts: HistoryFacts): SnapshotSetItem | null {
  const { sessionId, status } = session;
  const set = takenSetOf(session);
  if (set === null) return null;
  const key = keyOf('snapshot-set', set.setId);
  if (facts.removed.has(key)) return null;
  // A running session's set is on its way to completion; it is pinned as in use meanwhile.
  const isWhole = set.state === 'completed' || status === 'running';
  return {
    ...commonOf(session, order, key, facts),
    id: set.setId,
    takenAt: set.takenAt,
    condition: isWhole && !facts.perhapsHalfRemoved.has(key) ? 'complete' : 'incomplete',
    usedBy: usersOf(key, status === 'running' ? [sessionId] : none, facts),
    snapshots: set.snapshots,
    pendingCopies: pendingCopiesOf(session),
  };
}

function replicasOf(
  session: StartedBackup,
  order: number,
  facts: HistoryFacts,
): readonly ReplicaItem[] {
  const { sessionId, status } = session;
  const set = takenSetOf(session);
  if (set === null) return [];
  const { setId, takenAt } = set;
  return session.replicas.flatMap((replica) => {
    const key = keyOf('replica', replica.replicaSetId);
    if (replica.state === 'failed' || facts.removed.has(key)) return [];
    if (facts.adopted.has(replica.replicaSetId)) return [];
    const isPending = replica.state === 'requested' || replica.state === 'started';
    const isWhole = replica.state === 'completed' && !facts.perhapsHalfRemoved.has(key);
    return {
      ...commonOf(session, order, key, facts),
      id: replica.replicaSetId,
      takenAt,
      condition: isWhole
        ? ('complete' as const)
        : isPending && status === 'running'
          ? ('pending' as const)
          : ('incomplete' as const),
      usedBy: usersOf(key, isPending && status === 'running' ? [sessionId] : none, facts),
      target: replica.target,
      setId,
      snapshots: replica.snapshots,
    };
  });
}

function pointOf(session: StartedBackup, order: number, facts: HistoryFacts): PointItem | null {
  const { point, writer } = session;
  const set = takenSetOf(session);
  if (point === null || set === null) return null;
  const { pointId, committedAt } = point;
  const key = keyOf('restore-point', pointId);
  if (facts.removed.has(key)) return null;
  return {
    ...commonOf(session, order, key, facts),
    id: pointId,
    takenAt: set.takenAt,
    condition: 'complete',
    usedBy: usersOf(key, none, facts),
    setId: set.setId,
    committedAt,
    volumeIds: set.snapshots.map(({ volumeId }) => volumeId),
    parents: facts.parents.get(pointId) ?? parentsOf(session),
    repositoryId: 'repositoryId' in writer ? writer.repositoryId : null,
    expired: facts.expired.get(pointId) ?? null,
  };
}
