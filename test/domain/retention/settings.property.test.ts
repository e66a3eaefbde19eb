import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { planRetention } from '../../../src/domain/retention/plan-retention.ts';
import type { RetentionCircumstances } from '../../../src/domain/retention/retention-circumstances.ts';
import {
  expiriesOf,
  removalsOf,
  type RetentionPlan,
} from '../../../src/domain/retention/retention-plan.ts';
import type { KeepReason } from '../../../src/domain/retention/retention-reasons.ts';
import type {
  GfsFlag,
  RetentionSettings,
} from '../../../src/domain/retention/retention-settings.ts';
import { arbitraryCircumstances } from '../../../src/verification/arbitrary-circumstances.ts';
import { arbitraryPeriod, arbitrarySettings } from '../../../src/verification/arbitrary-policy.ts';
import { expectedReasons } from '../../../src/verification/expected-reasons.ts';
import { chainsOf, type RuledChain } from '../../../src/verification/rule-reasons.ts';
import { naiveRulesOf } from './oracle/naive-rules.ts';
import { periodLabel, periodOver } from './oracle/oracle-calendar.ts';

const flagNames = ['daily', 'weekly', 'monthly', 'yearly'] as const;

/** The same circumstances under a policy with these settings for sets, replicas and points. */
function under(
  given: RetentionCircumstances,
  settings: RetentionSettings,
): RetentionCircumstances | null {
  const { policy } = given;
  if (policy === null) return null;
  return {
    ...given,
    policy: {
      ...policy,
      snapshots: { ...policy.snapshots, retention: settings },
      replicas: policy.replicas.map((one) => ({ ...one, retention: settings })),
      image: { ...policy.image, retention: settings },
    },
  };
}

/** What goes, and which points leave the chain. */
function going(given: RetentionCircumstances): ReadonlySet<string> {
  const plan = planRetention(given);
  return new Set([
    ...removalsOf(plan).map(({ kind, id }) => `${kind} ${id} goes`),
    ...expiriesOf(plan).map(({ id }) => `point ${id} leaves the chain`),
  ]);
}

function hasRules({ count, age, gfs }: RetentionSettings): boolean {
  const flags = gfs === null ? [] : flagNames.filter((name) => gfs[name] !== null);
  return count !== null || age !== null || flags.length > 0;
}

function forAll(
  claim: (given: RetentionCircumstances, settings: RetentionSettings) => void,
  numRuns = 1_000,
): void {
  fc.assert(fc.property(arbitraryCircumstances, arbitrarySettings, claim), { numRuns });
}

function assertNoMore(
  given: RetentionCircumstances,
  more: RetentionSettings,
  than: RetentionSettings,
): void {
  const [all, fewer] = [under(given, more), under(given, than)];
  if (all === null || fewer === null) return;
  assert.deepEqual([...going(all).difference(going(fewer))], [], 'goes although more is kept');
}

/** The items of one kind that stay, each with its reasons. */
function keptOf(
  { snapshots, replicas, points }: RetentionPlan,
  { kind }: RuledChain,
): ReadonlyMap<string, readonly KeepReason[]> {
  const lists = {
    'snapshot-set': snapshots.keep,
    replica: replicas.keep,
    'restore-point': points.keep,
  };
  return new Map(lists[kind].map(({ id, reasons }) => [id, reasons]));
}

function idsWith(
  kept: ReadonlyMap<string, readonly KeepReason[]>,
  { items }: RuledChain,
  kind: KeepReason['kind'],
): readonly string[] {
  const ids = items.map(({ id }) => id as string);
  return ids.filter((id) => kept.get(id)?.some((reason) => reason.kind === kind));
}

describe('settings that keep more, for sets, replicas and points of any history,', () => {
  it('by any number more in the count let no more go', () => {
    fc.assert(
      fc.property(
        arbitraryCircumstances,
        arbitrarySettings,
        fc.nat({ max: 8 }),
        (given, settings, many) => {
          if (settings.count === null) return;
          assertNoMore(given, { ...settings, count: settings.count + many }, settings);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('by an age that is over later let no more go', () => {
    fc.assert(
      fc.property(
        arbitraryCircumstances,
        arbitrarySettings,
        arbitraryPeriod,
        (given, settings, age) => {
          if (settings.age?.unit !== age.unit) return;
          const [shorter, longer] = [settings.age, age].toSorted((a, b) => a.amount - b.amount);
          assert.ok(shorter !== undefined && longer !== undefined);
          assertNoMore(given, { ...settings, age: longer }, { ...settings, age: shorter });
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('by a flag more, or one that lasts longer, let no more go', () => {
    fc.assert(
      fc.property(
        arbitraryCircumstances,
        arbitrarySettings,
        fc.constantFrom(...flagNames),
        (given, settings, name) => {
          const { gfs } = settings;
          if (gfs === null) return;
          const flag = gfs[name];
          const more =
            flag === null
              ? ({ kind: 'count', count: 2 } as const)
              : flag.kind === 'count'
                ? { ...flag, count: flag.count + 1 }
                : { ...flag, period: { ...flag.period, amount: flag.period.amount + 1 } };
          // The first rule of points is what lets any of them go.
          if (!hasRules(settings)) return;
          assertNoMore(given, { ...settings, gfs: { ...gfs, [name]: more } }, settings);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('by another rule beside the others let no more go', () => {
    forAll((given, settings) => {
      const withOneLess: readonly RetentionSettings[] = [
        { ...settings, count: null },
        { ...settings, age: null },
        { ...settings, gfs: null },
      ];
      for (const fewer of withOneLess) {
        if (hasRules(fewer)) assertNoMore(given, settings, fewer);
      }
    });
  });

  it('by a first rule let no set and no replica go; points may, for without one they all stay', () => {
    const none = { count: null, age: null, gfs: null };
    forAll((given, settings) => {
      const [ruled, unruled] = [under(given, settings), under(given, none)];
      if (ruled === null || unruled === null) return;
      const snapshotsGoing = [...going(ruled)].filter((one) => !one.includes('point'));
      const without = going(unruled);
      assert.deepEqual(
        snapshotsGoing.filter((one) => !without.has(one)),
        [],
      );
      const inChain = chainsOf(unruled).find(({ kind }) => kind === 'restore-point')?.items ?? [];
      const kept = new Set<string>(planRetention(unruled).points.keep.map(({ id }) => id));
      assert.ok(inChain.every(({ id }) => kept.has(id)));
    });
  });
});

describe('the rules of one chain, of sets, replicas or points of any history,', () => {
  it('are those of docs/retention.md, to the very moment at which a limit is reached', () => {
    forAll((circumstances, settings) => {
      const given = under(circumstances, settings) ?? circumstances;
      assert.deepEqual(planRetention(given), planRetention({ ...given, rulesOf: naiveRulesOf }));
    }, 1_500);
  });

  it('keep together exactly what one of them keeps alone', () => {
    forAll((given, settings) => {
      if (!hasRules(settings)) return;
      const keptBy = (one: RetentionSettings): ReadonlySet<string> => {
        const circumstances = under({ ...given, pointDependency: 'independent' }, one);
        if (circumstances === null || !hasRules(one)) return new Set();
        const plan = planRetention(circumstances);
        return new Set(
          chainsOf(circumstances).flatMap((chain) => {
            const kept = keptOf(plan, chain);
            return chain.items
              .filter(({ id }) => kept.has(id))
              .map(({ id }) => `${chain.kind} ${id}`);
          }),
        );
      };
      const none: RetentionSettings = { count: null, age: null, gfs: null };
      const union = new Set([
        ...keptBy({ ...none, count: settings.count }),
        ...keptBy({ ...none, age: settings.age }),
        ...keptBy({ ...none, gfs: settings.gfs }),
      ]);
      assert.deepEqual([...keptBy(settings)].toSorted(), [...union].toSorted());
    });
  });

  it('keep by count exactly the newest items of the chain, and what is pinned', () => {
    fc.assert(
      fc.property(arbitraryCircumstances, fc.nat({ max: 6 }), (circumstances, count) => {
        const given = under(circumstances, { count, age: null, gfs: null });
        if (given === null) return;
        const plan = planRetention(given);
        const standing = new Map(
          expectedReasons(given).map(({ one, byPins, held }) => {
            // Of a point a hold or a use keeps the data, not the place in the chain.
            const keeping =
              one.kind === 'restore-point' ? held.filter(({ kind }) => kind === 'needed-by') : held;
            return [`${one.kind} ${one.item.id}`, byPins.length + keeping.length];
          }),
        );
        for (const chain of chainsOf(given)) {
          if (chain.settings === null) continue;
          const ids = chain.items.map(({ id }) => id as string);
          const newest = ids.slice(Math.max(0, ids.length - count));
          const kept = keptOf(plan, chain);
          assert.deepEqual(idsWith(kept, chain, 'within-count'), newest);
          assert.deepEqual(
            ids.filter((id) => kept.has(id)),
            ids.filter(
              (id) => newest.includes(id) || (standing.get(`${chain.kind} ${id}`) ?? 0) > 0,
            ),
          );
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('leave by flags the first item of each period whose flag is valid, and no other', () => {
    const met = { count: 0, period: 0, over: 0 };
    forAll((circumstances, { gfs }) => {
      const given = under(circumstances, { count: null, age: null, gfs });
      if (given === null || gfs === null) return;
      const { policy, now } = given;
      const timeZone = policy?.timeZone ?? 'UTC';
      const plan = planRetention(given);
      for (const chain of chainsOf(given)) {
        if (chain.settings === null) continue;
        const kept = keptOf(plan, chain);
        for (const name of flagNames) {
          const flag: GfsFlag | null = gfs[name];
          if (flag === null) continue;
          const firsts = new Map<string, RuledChain['items'][number]>();
          for (const item of chain.items) {
            const label = periodLabel(name, item.takenAt, gfs, timeZone);
            if (!firsts.has(label)) firsts.set(label, item);
          }
          const labels = [...firsts.keys()].toSorted();
          const valid: readonly string[] =
            flag.kind === 'count'
              ? labels.slice(Math.max(0, labels.length - flag.count))
              : labels.filter((label) => {
                  const takenAt = firsts.get(label)?.takenAt ?? now;
                  return periodOver(takenAt, flag.period, timeZone) > now;
                });
          met[flag.kind] += 1;
          if (valid.length < labels.length) met.over += 1;
          if (flag.kind === 'count') assert.ok(valid.length <= flag.count);
          assert.deepEqual(
            idsWith(kept, chain, `gfs-${name}`).toSorted(),
            valid.map((label) => firsts.get(label)?.id ?? '').toSorted(),
          );
        }
      }
    }, 800);
    for (const [what, times] of Object.entries(met)) assert.ok(times > 20, `${what}: ${times}`);
  });
});
