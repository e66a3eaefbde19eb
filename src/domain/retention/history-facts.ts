import type { StartedBackup } from '../backup-session/backup-session.ts';
import type { SessionOrigin } from '../backup-session/session-origin.ts';
import type { PointId, ReplicaSetId, SessionId, TimestampMs } from '../identifiers.ts';
import type { InstanceState } from '../instance/instance-state.ts';
import type { HistoryItem, PointItem } from './history-items.ts';
import { placesOf } from './places.ts';
import type { ItemRef } from './retention-plan.ts';

/** What the sessions say of items that are not their own. */
export interface HistoryFacts {
  readonly places: ReadonlyMap<SessionId, number>;
  readonly origins: ReadonlyMap<SessionId, SessionOrigin>;
  /** Replicas that their own sessions had given up. */
  readonly adopted: ReadonlySet<ReplicaSetId>;
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

/** A restore that has not ended, and what it is of. */
export interface OpenRestore {
  readonly sessionId: SessionId;
  readonly source: ItemRef;
}

export function factsOf(
  sessions: readonly StartedBackup[],
  { expiries, parents }: InstanceState,
  restores: readonly OpenRestore[],
): HistoryFacts {
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
    places: placesOf(sessions),
    origins: new Map(sessions.map(({ sessionId, origin }) => [sessionId, origin])),
    adopted: new Set(
      sessions.flatMap(({ adopted }) => adopted.replicas.map(({ replicaSetId }) => replicaSetId)),
    ),
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
export const none: readonly never[] = [];

/** @param own the session that makes it, while it does */
export function usersOf(
  key: string,
  own: readonly SessionId[],
  { users }: HistoryFacts,
): readonly SessionId[] {
  const others = users.get(key);
  return others === undefined ? own : [...own, ...others];
}

export function commonOf(
  { sessionId, origin }: Pick<StartedBackup, 'sessionId' | 'origin'>,
  order: number,
  key: string,
  { expiries }: HistoryFacts,
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

export function parentsOf({ readPlan }: StartedBackup): readonly PointId[] {
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

export function keyOf(kind: ItemRef['kind'], id: string): string {
  return `${kind} ${id}`;
}
