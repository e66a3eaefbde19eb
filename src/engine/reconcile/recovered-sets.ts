import type { ReplicaSetId, TimestampMs } from '../../domain/identifiers.ts';
import type { ReplicaTarget } from '../../domain/policy/replica-target.ts';
import type { Inventory, KeptSet, UntrustedResource } from '../../ports/cloud/inventory.ts';
import type { ReplicaDescription } from '../../ports/cloud/replicas.ts';
import type { ResourceOwner } from '../../ports/cloud/resource-owner.ts';
import type { SnapshotDescription } from '../../ports/cloud/snapshots.ts';

/** A snapshot set as its tags alone tell it. A set that was asked for twice is there twice. */
export interface RecoveredSet {
  readonly set: KeptSet;
  readonly takenAt: TimestampMs;
  /** `whole`: each of its volumes has one completed snapshot, of all of it, of the same moment. */
  readonly condition: SetCondition;
  readonly snapshots: readonly SnapshotDescription[];
}

/** A replica of a set, which need not exist any more. */
export interface RecoveredReplica {
  readonly replicaSetId: ReplicaSetId;
  readonly owner: ResourceOwner;
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
  const byRequest = Map.groupBy(
    snapshots,
    ({ set, snapshot }) => `${set.setId} ${snapshot.requestId}`,
  );
  const byReplica = Map.groupBy(replicas, ({ replica }) => replica.replicaSetId);
  return {
    sets: [...byRequest.values()]
      .flatMap((ofRequest) => recoveredSet(ofRequest))
      .sort(
        (a, b) =>
          a.takenAt - b.takenAt || (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0),
      ),
    replicas: [...byReplica.values()]
      .flatMap((ofReplica) => recoveredReplica(ofReplica))
      .sort((a, b) => a.source.requestedAt - b.source.requestedAt),
    untrusted,
  };
}

/** So that every listing agrees. */
function nameOf({ set, snapshots }: RecoveredSet): string {
  return `${set.setId} ${snapshots[0]?.requestId ?? ''}`;
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
  const { replicaSetId, owner, target } = replica;
  const snapshots = items
    .map(({ replica: one }) => one)
    .toSorted((a, b) => (a.device < b.device ? -1 : 1));
  const condition = conditionOf(source, snapshots);
  return [{ replicaSetId, owner, target, source, condition, snapshots }];
}

type FoundSnapshot = Pick<SnapshotDescription, 'volumeId' | 'state' | 'sizeBytes'>;

function conditionOf({ volumes }: KeptSet, snapshots: readonly FoundSnapshot[]): SetCondition {
  // Of nothing nothing can be restored.
  if (volumes.length === 0) return 'incomplete';
  const isThere = (accepted: (snapshot: FoundSnapshot) => boolean): boolean =>
    volumes.every(({ volumeId, sizeBytes }) =>
      // One that lacks the end of its volume is no snapshot of it.
      snapshots.some(
        (one) => one.volumeId === volumeId && one.sizeBytes >= sizeBytes && accepted(one),
      ),
    );
  if (isThere(isCompleted)) return 'whole';
  return isThere(({ state }) => state !== 'error') ? 'pending' : 'incomplete';
}

/** Also what is archived: it is there, and has to be brought back before it is used. */
export function isCompleted({ state }: Pick<SnapshotDescription, 'state'>): boolean {
  return state === 'completed' || state === 'archived';
}
