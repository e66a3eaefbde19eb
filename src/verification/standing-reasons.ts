import { isSameTarget } from '../domain/policy/replica-target.ts';
import { compareChainItems } from '../domain/retention/chain-item.ts';
import type { PointItem, ReplicaItem, SnapshotSetItem } from '../domain/retention/history-items.ts';
import type { RetentionCircumstances } from '../domain/retention/retention-circumstances.ts';
import type { KeepReason } from '../domain/retention/retention-reasons.ts';
import { type AnyItem, isStillWanted } from './any-item.ts';

/*
 * What keeps an item whatever its rules say, as docs/retention.md has it: looked up anew for each
 * item, in all that is known, and not by the code that plans.
 */

/** Pins, and that it was made by hand. Of a point: what keeps it in the chain. */
export function pinsOf(one: AnyItem, given: RetentionCircumstances): readonly KeepReason[] {
  const { item } = one;
  const byHand: readonly KeepReason[] = isStillWanted(item, given.now) ? [{ kind: 'manual' }] : [];
  switch (one.kind) {
    case 'snapshot-set':
      return [...byHand, ...pinsOfSet(one.item, given)];
    case 'replica':
      return [...byHand, ...pinsOfReplica(one.item, given)];
    case 'restore-point':
      return one.item.expired === null ? [...byHand, ...pinsOfPoint(one.item, given)] : [];
  }
}

/** Holds in force and sessions that work with it. Of a point: what keeps its data. */
export function holdsAndUsesOf(one: AnyItem, given: RetentionCircumstances): readonly KeepReason[] {
  const { kind, item } = one;
  const { history, during, now } = given;
  const holds = history.holds.flatMap(({ holdId, item: held, hold }): readonly KeepReason[] => {
    if (held.kind !== kind || held.id !== item.id) return [];
    if (hold.kind === 'legal-hold') return [{ kind: 'legal-hold', holdId }];
    return hold.until > now ? [{ kind: 'locked', holdId }] : [];
  });
  const uses = item.usedBy
    .filter((sessionId) => sessionId !== during || item.condition === 'pending')
    .map((sessionId): KeepReason => ({ kind: 'in-use', sessionId }));
  const hasLeft = one.kind === 'restore-point' && one.item.expired !== null;
  const isPutOff = hasLeft && isStillWanted(item, now);
  return [...holds, ...uses, ...(isPutOff ? [{ kind: 'manual' } as const] : [])];
}

function pinsOfSet(
  { id, pendingCopies }: SnapshotSetItem,
  { history, policy, during }: RetentionCircumstances,
): readonly KeepReason[] {
  const copies = pendingCopies.map((replicaSetId): KeepReason => ({
    kind: 'copy-source',
    replicaSetId,
  }));
  if (policy?.image.level !== 'on' || policy.image.changedBlockTracking === 'off') return copies;
  const isPrevious = policy.snapshots.baseMoves === 'after-retention' && during !== null;
  const bases = [
    history.imageLevel.at(-1),
    isPrevious ? history.imageLevel.findLast(({ sessionId }) => sessionId !== during) : undefined,
  ];
  const base = bases.find((one) => one?.setId === id);
  return base === undefined ? copies : [...copies, { kind: 'cbt-base', pointId: base.pointId }];
}

function pinsOfReplica(
  replica: ReplicaItem,
  { history, policy }: RetentionCircumstances,
): readonly KeepReason[] {
  if (!(policy?.replicas ?? []).some(({ target }) => isSameTarget(target, replica.target)))
    return [];
  const rivals = history.replicas
    .filter(
      ({ condition, target }) => condition === 'complete' && isSameTarget(target, replica.target),
    )
    .toSorted(compareChainItems);
  const volumeIds = [...history.volumeIds].filter((volumeId) => {
    const newest = rivals.findLast(({ snapshots }) =>
      snapshots.some((copy) => copy.volumeId === volumeId),
    );
    return newest?.id === replica.id;
  });
  return volumeIds.length === 0 ? [] : [{ kind: 'replica-base', volumeIds }];
}

function pinsOfPoint(
  { id }: PointItem,
  { history, policy }: RetentionCircumstances,
): readonly KeepReason[] {
  const inChain = history.points.filter(({ expired }) => expired === null);
  const newest = inChain.toSorted(compareChainItems).at(-1);
  return policy?.image.level === 'on' && newest?.id === id ? [{ kind: 'parent-point' }] : [];
}
