import type { SnapshotSetId } from '../identifiers.ts';
import type { RetentionRule, RuleVerdict } from './retention-rule.ts';

/** Keeps the newest `keep` sets of the chain. */
export function countRule(keep: number): RetentionRule {
  return (chain) => {
    const verdicts = new Map<SnapshotSetId, RuleVerdict>();
    for (const [index, set] of chain.entries()) {
      const place = chain.length - index;
      verdicts.set(
        set.setId,
        place <= keep
          ? { keep: { kind: 'within-count', place, keep } }
          : { remove: { kind: 'beyond-count', place, keep } },
      );
    }
    return verdicts;
  };
}
