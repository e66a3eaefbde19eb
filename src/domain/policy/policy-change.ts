import type { InstanceId, PolicyId, TimestampMs } from '../identifiers.ts';
import { compareChainItems } from '../retention/chain-item.ts';
import type { HistoryItem } from '../retention/history-items.ts';
import type { InstanceHistory } from '../retention/instance-history.ts';
import type { ItemRef } from '../retention/retention-plan.ts';
import { type Fate, type GoingQuestion, itemsGoing, keyOf, type Ruling } from './items-going.ts';

/** What setting or removing a policy does. */
export interface PolicyChange {
  readonly policyId: PolicyId;
  readonly kind: 'new' | 'changed' | 'unchanged' | 'removed';
  /** True: the policy keeps no snapshot set by its own rules. */
  readonly keepsNothing: boolean;
}

/** What an instance would lose after a change, by the end of its next backup. */
export interface HeavyLoss {
  readonly instanceId: InstanceId;
  /** Sets, then replicas, then restore points; each oldest first. */
  readonly going: readonly LostItem[];
  /** Those that its chains have. */
  readonly itemsCount: number;
}

export interface LostItem {
  readonly kind: ItemRef['kind'];
  readonly id: string;
  readonly takenAt: TimestampMs;
  readonly fate: Fate;
}

export interface LossQuestion extends GoingQuestion {
  readonly instanceId: InstanceId;
  readonly before: Ruling;
  readonly after: Ruling;
  /** `any`: of a policy that keeps nothing whatever goes is told. */
  readonly tells: 'more-than-half' | 'any';
}

/**
 * What goes of the chains of an instance with the next retention or the next backup after a change, when that
 * is more than half of a chain (of the snapshot sets, of the replicas in a region, or of the restore points)
 * and something in it would stay without the change. Otherwise null. What would go without the change counts
 * too, so that several small changes before one retention are no way around the question.
 *
 * Of a chain are the items that its rules look at: what is incomplete, was made by hand or has left the chain
 * is not, and neither hides a loss nor is one.
 */
export function heavyLoss(question: LossQuestion): HeavyLoss | null {
  const { instanceId, history, before, after, tells } = question;
  const goingAnyway = itemsGoing(question, before);
  const going = itemsGoing(question, after);
  const chains = chainsOf(history).map((chain) =>
    chain.map((item) => ({ ...item, fate: going.get(keyOf(item)) ?? null })),
  );
  const isByChange = (item: ChainMember): boolean =>
    item.fate !== null && !goingAnyway.has(keyOf(item));
  const isLoss = chains.some((chain) => {
    const goingCount = chain.filter(({ fate }) => fate !== null).length;
    const isMuch = tells === 'any' || goingCount * 2 > chain.length;
    return isMuch && chain.some(isByChange);
  });
  if (!isLoss) return null;
  const items = chains.flat();
  return {
    instanceId,
    going: items.flatMap(({ fate, ...item }) => (fate === null ? [] : { ...item, fate })),
    itemsCount: items.length,
  };
}

type ChainMember = Omit<LostItem, 'fate'> & { readonly fate: Fate | null };

function chainsOf({
  sets,
  replicas,
  points,
}: InstanceHistory): readonly (readonly Omit<LostItem, 'fate'>[])[] {
  const byRegion = Map.groupBy(replicas, ({ target }) => target.region);
  const inChain = points.filter(({ expired }) => expired === null);
  return [
    ruledItems('snapshot-set', sets),
    ...[...byRegion.values()].map((items) => ruledItems('replica', items)),
    ruledItems('restore-point', inChain),
  ];
}

function ruledItems(
  kind: ItemRef['kind'],
  items: readonly HistoryItem<string>[],
): readonly Omit<LostItem, 'fate'>[] {
  return items
    .filter(({ condition, origin }) => condition === 'complete' && origin === 'policy')
    .toSorted(compareChainItems)
    .map(({ id, takenAt }) => ({ kind, id, takenAt }));
}
