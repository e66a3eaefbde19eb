import { assert } from '../domain/errors/assert.ts';
import type { TimestampMs } from '../domain/identifiers.ts';
import type { ChainItem } from '../domain/retention/chain-item.ts';
import type { RetentionRule, RuleVerdict } from '../domain/retention/retention-rule.ts';

/** One chain, as a rule gets it: complete items, oldest first. */
export interface RuleSample {
  readonly chain: readonly ChainItem[];
  readonly now: TimestampMs;
}

/** Something that every rule must do. */
export interface RuleProperty {
  /** Completing "a rule …". */
  readonly name: string;
  /** Throws an error that says what is wrong when the property does not hold. */
  readonly check: (rule: RetentionRule, sample: RuleSample) => void;
}

const dayMs = 86_400_000;

function ruleProperty(name: string, check: RuleProperty['check']): RuleProperty {
  return { name, check };
}

/** The properties without which a rule would make plans that cannot be trusted. */
export const ruleProperties: readonly RuleProperty[] = [
  ruleProperty(
    'has one verdict for each item, with a reason, and none for anything else',
    (rule, { chain, now }) => {
      const verdicts = rule(chain, now);
      for (const { id } of chain) {
        const verdict = verdicts.get(id);
        assert(verdict !== undefined, `it says nothing of ${id}`);
        assert(!('keep' in verdict) || verdict.keep.length > 0, `it keeps ${id} without a reason`);
      }
      assert(verdicts.size === chain.length, 'it has verdicts on what is not in the chain');
    },
  ),
  ruleProperty(
    'says the same when it is asked the same, and leaves the chain as it is',
    (rule, { chain, now }) => {
      const frozen = Object.freeze(chain.map((item) => Object.freeze({ ...item })));
      const [first, second] = [rule(frozen, now), rule(frozen, now)];
      assert(inText(first) === inText(second), 'asked twice, it says two things');
    },
  ),
  ruleProperty(
    'lets nothing more go once its own verdicts are carried out',
    (rule, { chain, now }) => {
      const verdicts = rule(chain, now);
      const left = chain.filter(({ id }) => isKept(verdicts, id));
      const again = rule(left, now);
      for (const { id } of left) {
        assert(isKept(again, id), `it keeps ${id}, and lets it go when the others have gone`);
      }
    },
  ),
  ruleProperty('brings nothing back by the mere passing of time', (rule, { chain, now }) => {
    const verdicts = rule(chain, now);
    for (const days of [1, 10, 100]) {
      const later = rule(chain, (now + days * dayMs) as TimestampMs);
      for (const { id } of chain) {
        const isBack = !isKept(verdicts, id) && isKept(later, id);
        assert(!isBack, `it lets ${id} go, and keeps it ${days} days later`);
      }
    }
  }),
  ruleProperty(
    'gives reasons of plain values, which an event can carry',
    (rule, { chain, now }) => {
      for (const [id, verdict] of rule(chain, now)) {
        const copy: unknown = JSON.parse(JSON.stringify(verdict));
        assert(
          JSON.stringify(copy) === JSON.stringify(verdict) && isPlain(verdict),
          `the reasons for ${id} are not plain values`,
        );
      }
    },
  ),
];

export function isKept(verdicts: ReadonlyMap<string, RuleVerdict>, id: string): boolean {
  const verdict = verdicts.get(id);
  return verdict !== undefined && 'keep' in verdict;
}

function inText(verdicts: ReadonlyMap<string, RuleVerdict>): string {
  return JSON.stringify([...verdicts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value !== 'object') {
    return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  }
  if (value === null) return true;
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain);
}
