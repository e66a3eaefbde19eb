import type { FoundCondition } from '../../domain/adoption/judge-found.ts';
import type {
  AdoptedItems,
  AdoptedReplica,
  AdoptedSet,
  AdoptionReason,
} from '../../domain/backup-session/adoption-events.ts';
import type { TakenSnapshot } from '../../domain/backup-session/backup-events.ts';
import type { InstanceId, SnapshotId, VolumeId } from '../../domain/identifiers.ts';
import { known } from '../../domain/sensitive/sensitive.ts';
import type { InventoryItem, KeptSet } from '../../ports/cloud/inventory.ts';
import type { ReplicaDescription } from '../../ports/cloud/replicas.ts';
import type { ResourceOwner } from '../../ports/cloud/resource-owner.ts';
import type { SnapshotDescription } from '../../ports/cloud/snapshots.ts';
import {
  isCompleted,
  type RecoveredReplica,
  type RecoveredSet,
  recoveredSets,
} from './recovered-sets.ts';

/** The sets and replicas that a region has, and in what condition each of their snapshots is. */
export interface FoundItems {
  readonly conditions: ReadonlyMap<SnapshotId, FoundCondition>;
  /** Each once, of the snapshots that make it whole. */
  readonly whole: readonly FoundWhole[];
}

type FoundWhole =
  | { readonly kind: 'set'; readonly found: RecoveredSet }
  | { readonly kind: 'replica'; readonly found: RecoveredReplica };

export function foundItems(items: readonly InventoryItem[]): FoundItems {
  const { sets, replicas } = recoveredSets({ items, untrusted: [] });
  const conditions = new Map<SnapshotId, FoundCondition>();
  const whole: FoundWhole[] = [];
  const wholeSets = new Set<string>();
  // Oldest first: of several requests the first whole one counts, as it does for sessions.
  for (const found of sets) {
    const { set, condition, snapshots } = found;
    const isSpare = condition === 'whole' && wholeSets.has(set.setId);
    for (const { snapshotId } of snapshots) {
      conditions.set(snapshotId, isSpare ? 'spare' : condition);
    }
    if (condition !== 'whole' || isSpare) continue;
    wholeSets.add(set.setId);
    whole.push({ kind: 'set', found });
  }
  for (const replica of replicas) {
    const { condition, snapshots } = replica;
    const found = condition === 'whole' ? { ...replica, snapshots: oneOfEach(replica) } : replica;
    for (const { snapshotId } of snapshots) conditions.set(snapshotId, 'spare');
    for (const { snapshotId } of found.snapshots) conditions.set(snapshotId, condition);
    if (condition === 'whole') whole.push({ kind: 'replica', found });
  }
  return { conditions, whole };
}

/** Of copies that were asked for twice, the first that was completed. */
function oneOfEach({ snapshots, source }: RecoveredReplica): readonly ReplicaDescription[] {
  const chosen = new Map<VolumeId, ReplicaDescription>();
  const sizes = new Map(source.volumes.map(({ volumeId, sizeBytes }) => [volumeId, sizeBytes]));
  const usable = snapshots.filter(
    (one) => isCompleted(one) && one.sizeBytes >= (sizes.get(one.volumeId) ?? Infinity),
  );
  for (const copy of usable.toSorted(firstBegun)) {
    if (!chosen.has(copy.volumeId)) chosen.set(copy.volumeId, copy);
  }
  const ids = new Set([...chosen.values()].map(({ snapshotId }) => snapshotId));
  return snapshots.filter(({ snapshotId }) => ids.has(snapshotId));
}

function firstBegun(a: ReplicaDescription, b: ReplicaDescription): number {
  return a.startedAt - b.startedAt || (a.snapshotId < b.snapshotId ? -1 : 1);
}

/** Those of which every snapshot is to be adopted, by their instances. */
export function adoptableItems(
  { whole }: FoundItems,
  reasonOf: (snapshotId: SnapshotId) => AdoptionReason | null,
): ReadonlyMap<InstanceId, AdoptedItems> {
  const byInstance = new Map<InstanceId, AdoptedItems>();
  for (const one of whole) {
    const [reason, ...others] = one.found.snapshots.map(({ snapshotId }) => reasonOf(snapshotId));
    if (reason === undefined || reason === null || others.includes(null)) continue;
    const { instanceId } = one.kind === 'set' ? one.found.set.owner : one.found.owner;
    const { sets, replicas } = byInstance.get(instanceId) ?? { sets: [], replicas: [] };
    byInstance.set(
      instanceId,
      one.kind === 'set'
        ? { sets: [...sets, setOf(one.found, reason)], replicas }
        : { sets, replicas: [...replicas, replicaOf(one.found, reason)] },
    );
  }
  return byInstance;
}

function setOf({ set, takenAt, snapshots }: RecoveredSet, reason: AdoptionReason): AdoptedSet {
  return {
    ...commonOf(set.owner, set, reason),
    takenAt,
    snapshots: snapshots.map(takenSnapshotOf),
  };
}

function replicaOf(
  { replicaSetId, owner, target, source, snapshots }: RecoveredReplica,
  reason: AdoptionReason,
): AdoptedReplica {
  return {
    replicaSetId,
    target,
    ...commonOf(owner, source, reason),
    takenAt: source.requestedAt,
    snapshots: snapshots.map((copy) => ({
      ...takenSnapshotOf(copy),
      sourceSnapshotId: copy.sourceSnapshotId,
    })),
  };
}

function commonOf(
  { sessionId }: ResourceOwner,
  { setId, policyId, region, configuration }: KeptSet,
  reason: AdoptionReason,
): Omit<AdoptedSet, 'takenAt' | 'snapshots'> {
  return {
    setId,
    madeBy: sessionId,
    policyId,
    region,
    configuration: known(configuration),
    reason,
  };
}

function takenSnapshotOf({
  snapshotId,
  volumeId,
  device,
  sizeBytes,
}: SnapshotDescription | ReplicaDescription): TakenSnapshot {
  return { snapshotId, volumeId, device, sizeBytes };
}
