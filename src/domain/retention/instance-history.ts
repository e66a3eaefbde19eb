import type { SnapshotSetState, StartedBackup } from '../backup-session/backup-session.ts';
import type { PointId, ReplicaSetId, SessionId, TimestampMs, VolumeId } from '../identifiers.ts';
import type { PlacedHold } from '../instance/hold.ts';
import { initialInstance, type InstanceState } from '../instance/instance-state.ts';
import { goneItems } from './gone-items.ts';
import type {
  GoneItem,
  HistoryItem,
  ImageLevelSession,
  PointItem,
  ReplicaItem,
  SnapshotSetItem,
} from './history-items.ts';
import type { ItemRef } from './retention-plan.ts';

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

/** A restore that has not ended, and what it is of. */
export interface OpenRestore {
  readonly sessionId: SessionId;
  readonly source: ItemRef;
}

/** Folds the sessions of one instance, in the order of their claims. */
export function instanceHistory(
  sessions: readonly StartedBackup[],
  instance: InstanceState = initialInstance,
  restores: readonly OpenRestore[] = none,
): InstanceHistory {
  const facts = factsOf(sessions, instance, restores);
  const lastTaken = sessions
    .map(({ snapshotSet }) => snapshotSet)
    .findLast((set) => set !== null && set.takenAt !== null);
  return {
    sets: sessions.flatMap((session, order) => setOf(session, order, facts) ?? []),
    replicas: sessions.flatMap((session, order) => replicasOf(session, order, facts)),
    points: sessions.flatMap((session, order) => pointOf(session, order, facts) ?? []),
    imageLevel: sessions.flatMap(({ sessionId, snapshotSet, point }) =>
      point !== null && snapshotSet !== null
        ? [{ sessionId, pointId: point.pointId, setId: snapshotSet.setId }]
        : [],
    ),
    volumeIds: new Set(lastTaken?.snapshots.map(({ volumeId }) => volumeId)),
    holds: instance.holds,
    gone: goneItems(sessions),
  };
}

/** What the sessions say of items that are not their own. */
interface Facts {
  readonly removed: ReadonlySet<string>;
  /** Of what could not be removed, a part may be gone already. */
  readonly perhapsHalfRemoved: ReadonlySet<string>;
  readonly expired: ReadonlyMap<PointId, NonNullable<PointItem['expired']>>;
  /** By what they work with: restores, and of points also the backups that compare with them. */
  readonly users: ReadonlyMap<string, readonly SessionId[]>;
  readonly expiries: ReadonlyMap<string, TimestampMs | null>;
  /** Of points that were merged. */
  readonly parents: ReadonlyMap<PointId, readonly PointId[]>;
}

function factsOf(
  sessions: readonly StartedBackup[],
  { expiries, parents }: InstanceState,
  restores: readonly OpenRestore[],
): Facts {
  const users = new Map<string, readonly SessionId[]>();
  const use = (key: string, sessionId: SessionId): void => {
    users.set(key, [...(users.get(key) ?? []), sessionId]);
  };
  for (const { sessionId, source } of restores) use(keyOf(source.kind, source.id), sessionId);
  for (const session of sessions) {
    if (session.status !== 'running') continue;
    for (const parent of parentsOf(session)) {
      use(keyOf('restore-point', parent), session.sessionId);
    }
  }
  return {
    removed: new Set(
      sessions.flatMap(({ removed }) => [
        ...keysOf('snapshot-set', removed.sets),
        ...keysOf('replica', removed.replicas),
        ...keysOf('restore-point', removed.points),
      ]),
    ),
    perhapsHalfRemoved: new Set(
      sessions.flatMap(({ unremoved }) => [
        ...keysOf('snapshot-set', unremoved.sets),
        ...keysOf('replica', unremoved.replicas),
      ]),
    ),
    expired: new Map(sessions.flatMap((session) => expiredBy(session))),
    users,
    expiries: new Map(
      expiries.map(({ item, expiresAt }) => [keyOf(item.kind, item.id), expiresAt]),
    ),
    parents: new Map(parents.map((point) => [point.pointId, point.parents])),
  };
}

/** Shared: histories of many instances are in memory at once. */
const none: readonly never[] = [];

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

function setOf(session: StartedBackup, order: number, facts: Facts): SnapshotSetItem | null {
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

function replicasOf(session: StartedBackup, order: number, facts: Facts): readonly ReplicaItem[] {
  const { sessionId, status } = session;
  const set = takenSetOf(session);
  if (set === null) return [];
  const { setId, takenAt } = set;
  return session.replicas.flatMap((replica) => {
    const key = keyOf('replica', replica.replicaSetId);
    if (replica.state === 'failed' || facts.removed.has(key)) return [];
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

function pointOf(session: StartedBackup, order: number, facts: Facts): PointItem | null {
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

/** @param own the session that makes it, while it does */
function usersOf(key: string, own: readonly SessionId[], { users }: Facts): readonly SessionId[] {
  const others = users.get(key);
  return others === undefined ? own : [...own, ...others];
}

function commonOf(
  { sessionId, origin }: StartedBackup,
  order: number,
  key: string,
  { expiries }: Facts,
): Pick<HistoryItem<string>, 'sessionId' | 'order' | 'origin' | 'expiresAt'> {
  if (origin.kind !== 'manual') return { sessionId, order, origin: 'policy', expiresAt: null };
  const later = expiries.get(key);
  return {
    sessionId,
    order,
    origin: 'manual',
    expiresAt: later === undefined ? origin.expiresAt : later,
  };
}

function parentsOf({ readPlan }: StartedBackup): readonly PointId[] {
  if (readPlan === null) return none;
  return [...new Set(readPlan.flatMap(({ parentPointId }) => parentPointId ?? []))];
}

function expiredBy({
  expiredPoints,
  retention,
  startedAt,
}: StartedBackup): readonly (readonly [PointId, NonNullable<PointItem['expired']>])[] {
  const decided = new Map(retention?.points.expire.map((point) => [point.id, point.reasons]));
  const at = retention?.decidedAt ?? startedAt;
  return expiredPoints.map((pointId) => [pointId, { at, reasons: decided.get(pointId) ?? [] }]);
}

function keysOf(kind: ItemRef['kind'], ids: readonly string[]): readonly string[] {
  return ids.map((id) => keyOf(kind, id));
}

function keyOf(kind: ItemRef['kind'], id: string): string {
  return `${kind} ${id}`;
}
