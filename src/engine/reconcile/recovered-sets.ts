import type { ReplicaSetId, TimestampMs } from '../../domain/identifiers.ts';
import type { ReplicaTarget } from '../../domain/policy/replica-target.ts';
import type { Inventory, KeptSet, UntrustedResource } from '../../ports/cloud/inventory.ts';
import type { ReplicaDescription } from '../../ports/cloud/replicas.ts';
import type { SnapshotDescription, SnapshotState } from '../../ports/cloud/snapshots.ts';

/** A snapshot set as its tags alone tell it. */
export interface RecoveredSet {
  readonly set: KeptSet;
  readonly takenAt: TimestampMs;
  /** `whole`: each of its volumes has one completed snapshot. */
  readonly condition: SetCondition;
  readonly snapshots: readonly SnapshotDescription[];
}

/** A replica of a set, which need not exist any more. */
export interface RecoveredReplica {
  readonly replicaSetId: ReplicaSetId;
  readonly target: ReplicaTarget;
  readonly source: KeptSet;
  readonly condition: SetCondition;
  readonly snapshots: readonly ReplicaDescription[];
}

export type SetCondition = 'whole' | 'pending' | 'incomplete';

export interface RecoveredSets {
  /** Oldest first. */
  readonly sets: readonly RecoveredSet[];
  readonly replicas: readonly RecoveredReplica[];
  readonly untrusted: readonly UntrustedResource[];
}

/** The list of sets and replicas of a region, from the tags alone. */
export function recoveredSets({ items, untrusted }: Inventory): RecoveredSets {
  const snapshots = items.filter((item) => item.kind === 'snapshot');
  const replicas = items.filter((item) => item.kind === 'replica');
  const bySet = Map.groupBy(snapshots, ({ set }) => set.setId);
  const byReplica = Map.groupBy(replicas, ({ replica }) => replica.replicaSetId);
  return {
    sets: [...bySet.values()]
      .flatMap((ofSet) => recoveredSet(ofSet))
      .sort((a, b) => a.takenAt - b.takenAt || (a.set.setId < b.set.setId ? -1 : 1)),
    replicas: [...byReplica.values()]
      .flatMap((ofReplica) => recoveredReplica(ofReplica))
      .sort((a, b) => a.source.requestedAt - b.source.requestedAt),
    untrusted,
  };
}

type SnapshotItem = Extract<Inventory['items'][number], { readonly kind: 'snapshot' }>;
type ReplicaItem = Extract<Inventory['items'][number], { readonly kind: 'replica' }>;

function recoveredSet(items: readonly SnapshotItem[]): readonly RecoveredSet[] {
  const [first] = items;
  if (first === undefined) return [];
  const { set } = first;
  const snapshots = items
    .map(({ snapshot }) => snapshot)
    .toSorted((a, b) => (a.device < b.device ? -1 : 1));
  const takenAt = Math.min(...snapshots.map(({ startedAt }) => startedAt)) as TimestampMs;
  return [{ set, takenAt, condition: conditionOf(set, snapshots), snapshots }];
}

function recoveredReplica(items: readonly ReplicaItem[]): readonly RecoveredReplica[] {
  const [first] = items;
  if (first === undefined) return [];
  const { source, replica } = first;
  const { replicaSetId, target } = replica;
  const snapshots = items
    .map(({ replica: one }) => one)
    .toSorted((a, b) => (a.device < b.device ? -1 : 1));
  const condition = conditionOf(source, snapshots);
  return [{ replicaSetId, target, source, condition, snapshots }];
}

function conditionOf(
  { volumes }: KeptSet,
  snapshots: readonly Pick<SnapshotDescription, 'volumeId' | 'state'>[],
): SetCondition {
  const states = volumes.map(({ volumeId }) =>
    snapshots.filter((one) => one.volumeId === volumeId).map(({ state }) => state),
  );
  const isThere = (state: SnapshotState): boolean => state === 'completed' || state === 'archived';
  if (states.every((ofVolume) => ofVolume.some(isThere))) return 'whole';
  const isUnderWay = states.every((ofVolume) =>
    ofVolume.some((state) => isThere(state) || state === 'pending'),
  );
  return isUnderWay ? 'pending' : 'incomplete';
}
