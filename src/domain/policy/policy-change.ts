import type { InstanceId, PolicyId, TimestampMs } from '../identifiers.ts';
import { placeInWords } from './cloud-place.ts';
import { compareChainItems } from '../retention/chain-item.ts';
import type { HistoryItem } from '../retention/history-items.ts';
import type { InstanceHistory } from '../retention/instance-history.ts';
import type { ItemRef } from '../retention/retention-plan.ts';
import {
  type Fate,
  type Going,
  type GoingQuestion,
  itemsGoing,
  keyOf,
  type Ruling,
} from './items-going.ts';

/** What setting or removing a policy does. */
export interface PolicyChange {
  readonly policyId: PolicyId;
  readonly kind: 'new' | 'changed' | 'unchanged' | 'removed';
  /** True: the policy keeps no snapshot set by its own rules. */
  readonly keepsNothing: boolean;
}

/** What an instance would lose after a change, with its next retention or its next backup. */
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
 * What goes of the chains of an instance after a change, when the next retention or the next backup lets more
 * than half of a chain go (of the snapshot sets, of the replicas in a place, or of the restore points), and
 * something in it that would stay then without the change. Otherwise null. What would go without the change
 * counts too, so that several small changes before one retention are no way around the question.
 *
 * Of a chain are the items that its rules look at: what is incomplete, was made by hand or has left the chain
 * is not, and neither hides a loss nor is one.
 */
export function heavyLoss(question: LossQuestion): HeavyLoss | null {
  const { instanceId, history, tells } = question;
  const before = itemsGoing(question, question.before);
  const after = itemsGoing(question, question.after);
  const chains = chainsOf(history);
  const isLoss = (
    chain: readonly ChainItemRef[],
    goingThen: Going,
    goingAnyway: Going,
  ): boolean => {
    const going = chain.map(keyOf).filter((key) => goingThen.has(key));
    const isMuch = tells === 'any' || going.length * 2 > chain.length;
    return isMuch && going.some((key) => !goingAnyway.has(key));
  };
  const isHeavy = chains.some(
    (chain) =>
      isLoss(chain, after.withRetention, before.withRetention) ||
      isLoss(chain, after.withBackup, before.withBackup),
  );
  if (!isHeavy) return null;
  const items = chains.flat();
  const fates = new Map([...after.withRetention, ...after.withBackup]);
  const going = items.flatMap((item) => {
    const fate = fates.get(keyOf(item));
    return fate === undefined ? [] : { ...item, fate };
  });
  return { instanceId, going, itemsCount: items.length };
}

type ChainItemRef = Omit<LostItem, 'fate'>;

function chainsOf({
  sets,
  replicas,
  points,
}: InstanceHistory): readonly (readonly ChainItemRef[])[] {
  const byPlace = Map.groupBy(replicas, ({ target }) => placeInWords(target));
  const inChain = points.filter(({ expired }) => expired === null);
  return [
    ruledItems('snapshot-set', sets),
    ...[...byPlace.values()].map((items) => ruledItems('replica', items)),
    ruledItems('restore-point', inChain),
  ];
}

function ruledItems(
  kind: ItemRef['kind'],
  items: readonly HistoryItem<string>[],
): readonly ChainItemRef[] {
  return items
    .filter(({ condition, origin }) => condition === 'complete' && origin === 'policy')
    .toSorted(compareChainItems)
    .map(({ id, takenAt }) => ({ kind, id, takenAt }));
}
