import { assert } from '../errors/assert.ts';
import type { TimestampMs } from '../identifiers.ts';
import { compareChainItems } from './chain-item.ts';
import type { HistoryItem } from './history-items.ts';
import { isKeptByHand } from './kept-by-hand.ts';
import { judgeChain, type ChainRules } from './judge-chain.ts';
import type { ChainPlan, ItemToRemove, KeptItem } from './retention-plan.ts';
import type { KeepReason, RemoveReason } from './retention-reasons.ts';
import type { RuleVerdict } from './retention-rule.ts';

export interface ChainInput<Id extends string> {
  /** All items of one kind that exist and belong together, in any order; manual ones too. */
  readonly items: readonly HistoryItem<Id>[];
  /** What the rules of the chain are. */
  readonly rules: ChainRules;
  /** Reasons that hold whatever the rules say. A pin does not push another item out. */
  readonly pins: ReadonlyMap<string, readonly KeepReason[]>;
  readonly now: TimestampMs;
}

/**
 * Decides which items of one chain stay and which go, each with its reasons: every item is in
 * exactly one of the two lists.
 *
 * Rules see only complete items that are not manual: nothing can be restored from the others, and
 * manual ones are outside of the chain, so neither must push one out.
 */
export function decideChain<Id extends string>(input: ChainInput<Id>): ChainPlan<Id> {
  const { rules, pins, now } = input;
  const items = input.items.toSorted(compareChainItems);
  const chain = items.filter((item) => item.condition === 'complete' && item.origin === 'policy');
  const verdicts = judgeChain(chain, rules, now);

  const keep: KeptItem<Id>[] = [];
  const remove: ItemToRemove<Id>[] = [];
  for (const item of items) {
    const { id, takenAt } = item;
    const said = verdicts.get(id) ?? [ownVerdict(item, now)];
    const reasons = [
      ...said.flatMap((verdict) => ('keep' in verdict ? verdict.keep : [])),
      ...(pins.get(id) ?? []),
    ];
    if (reasons.length > 0) {
      keep.push({ id, takenAt, reasons });
      continue;
    }
    const against = said.flatMap((verdict) => ('remove' in verdict ? verdict.remove : []));
    assert(against.length > 0, 'an item that goes has a reason to go');
    remove.push({ id, takenAt, reasons: against });
  }
  return { keep, remove };
}

/** What becomes of an item that no rule looks at. */
function ownVerdict(item: HistoryItem<string>, now: TimestampMs): RuleVerdict {
  // Of what was made by hand even a part is only removed at its own expiry: somebody wanted it.
  if (isKeptByHand(item, now)) return { keep: [{ kind: 'manual' }] };
  const isDue = item.origin === 'manual' && item.condition !== 'pending';
  return goes({ kind: isDue ? 'manual-expired' : 'incomplete' });
}

function goes(remove: RemoveReason): RuleVerdict {
  return { remove };
}
