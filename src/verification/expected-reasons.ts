import { compareChainItems } from '../domain/retention/chain-item.ts';
import type { RetentionCircumstances } from '../domain/retention/retention-circumstances.ts';
import type { KeepReason } from '../domain/retention/retention-reasons.ts';
import { type AnyItem, itemsOf, keyOf } from './any-item.ts';
import { ruleReasons } from './rule-reasons.ts';
import { holdsAndUsesOf, pinsOf } from './standing-reasons.ts';

/** Every reason that there is to keep one item. */
export interface ExpectedReasons {
  readonly one: AnyItem;
  /** Of the rules of its chain. */
  readonly byRules: readonly KeepReason[];
  /** Pins, and that it was made by hand. */
  readonly byPins: readonly KeepReason[];
  /** Holds, uses, and a newer point that needs it: of a point they keep the data alone. */
  readonly held: readonly KeepReason[];
}

/** The reasons to keep each item of a history, found without planning anything. */
export function expectedReasons(given: RetentionCircumstances): readonly ExpectedReasons[] {
  const byRules = ruleReasons(given);
  const newestFirst = itemsOf(given.history).toSorted((a, b) => compareChainItems(b.item, a.item));
  const neededBy = new Map<string, KeepReason>();
  return newestFirst.map((one) => {
    const { kind, item } = one;
    const rules = byRules.get(keyOf(kind, item.id)) ?? [];
    const pins = pinsOf(one, given);
    const needed = kind === 'restore-point' ? neededBy.get(item.id) : undefined;
    const held = [...holdsAndUsesOf(one, given), ...(needed === undefined ? [] : [needed])];
    const isStored = rules.length + pins.length + held.length > 0;
    if (one.kind === 'restore-point' && isStored && given.pointDependency === 'needs-parent') {
      // The nearest newer one is the last that comes here.
      const reason = { kind: 'needed-by', pointId: one.item.id } as const;
      for (const parent of one.item.parents) neededBy.set(parent, reason);
    }
    return { one, byRules: rules, byPins: pins, held };
  });
}
