import type {
  AdoptedItems,
  AdoptedReplica,
  AdoptedSet,
} from '../backup-session/adoption-events.ts';
import type { StartedBackup } from '../backup-session/backup-session.ts';
import type { SessionOrigin } from '../backup-session/session-origin.ts';
import { assert } from '../errors/assert.ts';
import { commonOf, type HistoryFacts, keyOf, none, usersOf } from './history-facts.ts';
import type { HistoryItem, ReplicaItem, SnapshotSetItem } from './history-items.ts';

/** What sessions took into the ledger, there or gone. */
export function adoptedItems(sessions: readonly StartedBackup[]): AdoptedItems {
  return {
    sets: sessions.flatMap(({ adopted }) => adopted.sets),
    replicas: sessions.flatMap(({ adopted }) => adopted.replicas),
  };
}

/** Null when it was removed. */
export function adoptedSetOf(set: AdoptedSet, facts: HistoryFacts): SnapshotSetItem | null {
  const { setId, takenAt, snapshots } = set;
  const key = keyOf('snapshot-set', setId);
  if (facts.removed.has(key)) return null;
  return { ...adoptedCommon(set, key, facts), id: setId, takenAt, snapshots, pendingCopies: none };
}

/** Null when it was removed. */
export function adoptedReplicaOf(replica: AdoptedReplica, facts: HistoryFacts): ReplicaItem | null {
  const { replicaSetId, setId, target, takenAt, snapshots } = replica;
  const key = keyOf('replica', replicaSetId);
  if (facts.removed.has(key)) return null;
  const common = adoptedCommon(replica, key, facts);
  return { ...common, id: replicaSetId, takenAt, target, setId, snapshots };
}

function adoptedCommon(
  item: AdoptedSet | AdoptedReplica,
  key: string,
  facts: HistoryFacts,
): Pick<
  HistoryItem<string>,
  'sessionId' | 'order' | 'origin' | 'expiresAt' | 'condition' | 'usedBy'
> {
  const { madeBy: sessionId, policyId } = item;
  // Tags tell of no origin; but what no policy had a part in was made by hand, and is nobody's to expire.
  const told: SessionOrigin =
    policyId === null ? { kind: 'manual', expiresAt: null } : { kind: 'on-demand' };
  const origin = facts.origins.get(sessionId) ?? told;
  return {
    ...commonOf({ sessionId, origin }, placeOf(item, facts), key, facts),
    condition: facts.perhapsHalfRemoved.has(key) ? 'incomplete' : 'complete',
    usedBy: usersOf(key, none, facts),
  };
}

/** Among the sessions of the instance: that of the session that made it. */
export function placeOf(
  { madeBy }: AdoptedSet | AdoptedReplica,
  { places }: Pick<HistoryFacts, 'places'>,
): number {
  const place = places.get(madeBy);
  assert(place !== undefined, 'what made an item has a place');
  return place;
}
