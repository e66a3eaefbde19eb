import { assert } from '../domain/errors/assert.ts';
import type { HoldId } from '../domain/identifiers.ts';
import type { RetentionCircumstances } from '../domain/retention/retention-circumstances.ts';
import { expiriesOf, removalsOf, type RetentionPlan } from '../domain/retention/retention-plan.ts';
import type { RetentionRule, RulesOf } from '../domain/retention/retention-rule.ts';
import type {
  GfsFlag,
  GfsSettings,
  RetentionSettings,
} from '../domain/retention/retention-settings.ts';
import { settingsRules } from '../domain/retention/settings-rules.ts';
import { forgotten } from '../domain/sensitive/sensitive.ts';
import { type Planner, type PlanProperty, planProperty } from './plan-property.ts';

/** Whoever keeps more loses nothing by it. */
export const moreProperties: readonly PlanProperty[] = [
  planProperty('lets nothing more go when its settings keep more', (given, plan) => {
    const keepMore: readonly ((settings: RetentionSettings) => RetentionSettings)[] = [
      (one) => ({ ...one, count: one.count === null ? null : one.count + 1 }),
      (one) => ({
        ...one,
        age: one.age === null ? null : { ...one.age, amount: one.age.amount + 1 },
      }),
      (one) => ({ ...one, gfs: one.gfs === null ? null : withMoreFlags(one.gfs) }),
    ];
    for (const more of keepMore) assertNoMore(plan, withSettings(given, more), given);
  }),
  planProperty('lets nothing more go by one more rule beside others', (given, plan) => {
    const { rulesOf = settingsRules } = given;
    const everySecond: RetentionRule = (chain) =>
      new Map(
        chain.map(({ id, order }) => {
          const reason = { kind: 'host-rule', rule: 'every-second', detail: '' } as const;
          return [id, order % 2 === 0 ? { keep: [reason] } : { remove: reason }];
        }),
      );
    // A chain that no rule looks at is as its own kind has it: docs/retention.md.
    const oneMore: RulesOf = (settings, timeZone) => {
      const rules = rulesOf(settings, timeZone);
      return rules.length === 0 ? rules : [...rules, everySecond];
    };
    assertNoMore(plan, { ...given, rulesOf: oneMore }, given);
  }),
  planProperty('lets nothing more go by one more hold', (given, plan) => {
    for (const item of removalsOf(plan(given))) {
      const holdId = 'one-more' as HoldId;
      const hold = { kind: 'legal-hold', note: forgotten } as const;
      const holds = [...given.history.holds, { holdId, item, hold, placedAt: given.now }];
      const more = { ...given, history: { ...given.history, holds } };
      assertNoMore(plan, more, given);
      const isSafe = !goingOf(plan(more)).has(`removes ${item.kind} ${item.id}`);
      assert(isSafe, `${item.id} is held and is removed`);
    }
  }),
];

/** Flags for one period more, or one more of each; those that there are not stay so. */
function withMoreFlags(gfs: GfsSettings): GfsSettings {
  const more = (flag: GfsFlag | null): GfsFlag | null => {
    if (flag === null) return null;
    if (flag.kind === 'count') return { ...flag, count: flag.count + 1 };
    return { ...flag, period: { ...flag.period, amount: flag.period.amount + 1 } };
  };
  const { daily, weekly, monthly, yearly } = gfs;
  return {
    ...gfs,
    daily: more(daily),
    weekly: more(weekly),
    monthly: more(monthly),
    yearly: more(yearly),
  };
}

function withSettings(
  given: RetentionCircumstances,
  change: (settings: RetentionSettings) => RetentionSettings,
): RetentionCircumstances {
  const { policy } = given;
  if (policy === null) return given;
  const { snapshots, replicas, image } = policy;
  return {
    ...given,
    policy: {
      ...policy,
      snapshots: { ...snapshots, retention: change(snapshots.retention) },
      replicas: replicas.map((one) => ({ ...one, retention: change(one.retention) })),
      image: { ...image, retention: change(image.retention) },
    },
  };
}

function assertNoMore(
  planner: Planner,
  more: RetentionCircumstances,
  than: RetentionCircumstances,
): void {
  const before = goingOf(planner(than));
  const extra = [...goingOf(planner(more))].filter((one) => !before.has(one));
  assert(extra.length === 0, `keeping more ${extra.join(', ')}`);
}

/** What a plan removes, and what it lets leave the chain. */
function goingOf(plan: RetentionPlan): ReadonlySet<string> {
  return new Set([
    ...removalsOf(plan).map(({ kind, id }) => `removes ${kind} ${id}`),
    ...expiriesOf(plan).map(({ id }) => `lets restore-point ${id} expire`),
  ]);
}
