import { addPeriod } from '../domain/calendar/add-period.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import { isSamePlace } from '../domain/policy/cloud-place.ts';
import { isSameTarget } from '../domain/policy/replica-target.ts';
import { compareChainItems } from '../domain/retention/chain-item.ts';
import type { RetentionCircumstances } from '../domain/retention/retention-circumstances.ts';
import type { ItemRef } from '../domain/retention/retention-plan.ts';
import type { KeepReason } from '../domain/retention/retention-reasons.ts';
import type { RetentionSettings } from '../domain/retention/retention-settings.ts';
import { settingsRules } from '../domain/retention/settings-rules.ts';
import { type AnyItem, itemsOf, keyOf } from './any-item.ts';

/** The items that one set of rules looks at, oldest first. */
export interface RuledChain {
  readonly kind: ItemRef['kind'];
  /** Null: no policy rules over it. */
  readonly settings: RetentionSettings | null;
  readonly items: readonly AnyItem['item'][];
}

/** The chains of a history, found item by item and not by the code that plans. */
export function chainsOf({
  history,
  policy,
}: Pick<RetentionCircumstances, 'history' | 'policy'>): readonly RuledChain[] {
  const inChains = itemsOf(history).filter(({ item }) => {
    const hasLeft = 'expired' in item && item.expired !== null;
    return item.condition === 'complete' && item.origin === 'policy' && !hasLeft;
  });
  const named = Map.groupBy(inChains, (one) => `${one.kind} ${entryIndexOf(one, policy)}`);
  return [...named.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const items = members.map(({ item }) => item).toSorted(compareChainItems);
    return [{ kind: first.kind, settings: settingsOf(first, policy), items }];
  });
}

/** The reasons that the rules of its chain have to keep each item that they look at. */
export function ruleReasons(
  given: RetentionCircumstances,
): ReadonlyMap<string, readonly KeepReason[]> {
  return new Map(
    chainsOf(given).flatMap((chain) => {
      const reasons = reasonsInChain(chain, given);
      return chain.items.map((item) => [keyOf(chain.kind, item.id), reasons(item)] as const);
    }),
  );
}

function reasonsInChain(
  { kind, settings, items }: RuledChain,
  { policy, obsolete, rulesOf = settingsRules, now }: RetentionCircumstances,
): (item: AnyItem['item']) => readonly KeepReason[] {
  if (settings === null) {
    return ({ takenAt }) => {
      const isOver = obsolete.kind === 'after' && addPeriod(takenAt, obsolete.period, 'UTC') <= now;
      return isOver ? [] : [{ kind: 'no-policy' }];
    };
  }
  const rules = rulesOf(settings, policy?.timeZone ?? 'UTC');
  if (rules.length === 0) return () => (kind === 'restore-point' ? [{ kind: 'no-rule' }] : []);
  const verdicts = rules.map((rule) => rule(items, now));
  return ({ id }) =>
    verdicts.flatMap((ofRule) => {
      const verdict = ofRule.get(id);
      return verdict !== undefined && 'keep' in verdict ? verdict.keep : [];
    });
}

function settingsOf(one: AnyItem, policy: BackupPolicy | null): RetentionSettings | null {
  if (policy === null) return null;
  switch (one.kind) {
    case 'snapshot-set':
      return policy.snapshots.retention;
    case 'restore-point':
      return policy.image.retention;
    case 'replica':
      return policy.replicas[entryIndexOf(one, policy)]?.retention ?? null;
  }
}

/** Of a replica, the entry of the policy that rules over it; -1: none does, and of all else. */
function entryIndexOf({ item }: AnyItem, policy: BackupPolicy | null): number {
  if (policy === null || !('target' in item)) return -1;
  const there = item.target;
  const exact = policy.replicas.findIndex(({ target }) => isSameTarget(target, there));
  return exact >= 0 ? exact : policy.replicas.findIndex(({ target }) => isSamePlace(target, there));
}
