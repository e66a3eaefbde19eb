import { addPeriod } from '../calendar/add-period.ts';
import { assert } from '../errors/assert.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { TimestampMs } from '../identifiers.ts';
import type { ChainItem } from './chain-item.ts';
import type { ObsoleteRule } from './obsolete-rule.ts';
import type { RetentionRule, RuleVerdict } from './retention-rule.ts';

/** What rules over one chain. */
export type ChainRules =
  /** A policy's; `withoutRules` is what having none of them means. */
  | {
      readonly kind: 'policy';
      readonly rules: readonly RetentionRule[];
      readonly withoutRules: 'keep-nothing' | 'keep-everything';
    }
  /** No policy does: the setting for such items decides. */
  | { readonly kind: 'no-policy'; readonly obsolete: ObsoleteRule };

/** All verdicts on each item; `chain` is sorted, oldest first. */
export function judgeChain(
  chain: readonly ChainItem[],
  rules: ChainRules,
  now: TimestampMs,
): ReadonlyMap<string, readonly RuleVerdict[]> {
  switch (rules.kind) {
    case 'no-policy':
      return new Map(chain.map((item) => [item.id, [obsoleteVerdict(item, rules.obsolete, now)]]));
    case 'policy': {
      if (rules.rules.length === 0) return sameForAll(chain, rules.withoutRules);
      const judgements = rules.rules.map((rule) => rule(chain, now));
      return new Map(
        chain.map(({ id }) => [
          id,
          judgements.map((judgement) => {
            const verdict = judgement.get(id);
            assert(verdict !== undefined, 'a rule has a verdict for each item');
            return verdict;
          }),
        ]),
      );
    }
    default:
      return unreachable(rules);
  }
}

function sameForAll(
  chain: readonly ChainItem[],
  withoutRules: 'keep-nothing' | 'keep-everything',
): ReadonlyMap<string, readonly RuleVerdict[]> {
  const verdict: RuleVerdict =
    withoutRules === 'keep-everything'
      ? { keep: [{ kind: 'no-rule' }] }
      : { remove: { kind: 'nothing-kept' } };
  return new Map(chain.map(({ id }) => [id, [verdict]]));
}

/** Obsolete items belong to no policy, so their calendar is that of UTC. */
function obsoleteVerdict(
  { takenAt }: ChainItem,
  obsolete: ObsoleteRule,
  now: TimestampMs,
): RuleVerdict {
  if (obsolete.kind === 'never' || now < addPeriod(takenAt, obsolete.period, 'UTC')) {
    return { keep: [{ kind: 'no-policy' }] };
  }
  return { remove: { kind: 'obsolete', after: obsolete.period } };
}
