import type { RetentionRule, RuleVerdict } from './retention-rule.ts';

/** Keeps the newest `keep` items of the chain. */
export function countRule(keep: number): RetentionRule {
  return (chain) => {
    const verdicts = new Map<string, RuleVerdict>();
    for (const [index, { id }] of chain.entries()) {
      const place = chain.length - index;
      verdicts.set(
        id,
        place <= keep
          ? { keep: [{ kind: 'within-count', keep }] }
          : { remove: { kind: 'beyond-count', keep } },
      );
    }
    return verdicts;
  };
}
