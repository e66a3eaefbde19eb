import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import { gfsPeriods } from '../../../src/domain/retention/gfs-period.ts';
import { planRetention } from '../../../src/domain/retention/plan-retention.ts';
import type { RetentionCircumstances } from '../../../src/domain/retention/retention-circumstances.ts';
import { removalsOf } from '../../../src/domain/retention/retention-plan.ts';
import type { RetentionSettings } from '../../../src/domain/retention/retention-settings.ts';
import {
  arbitraryCircumstances,
  arbitrarySettings,
} from '../../../src/verification/arbitrary-circumstances.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { known } from '../../../src/domain/sensitive/sensitive.ts';

const flagNames = ['daily', 'weekly', 'monthly', 'yearly'] as const;

/** The same circumstances under a policy with these settings for sets and points. */
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
      image: { ...policy.image, retention: settings },
    },
  };
}

function removed(given: RetentionCircumstances): ReadonlySet<string> {
  return new Set(removalsOf(planRetention(given)).map(({ kind, id }) => `${kind} ${id}`));
}

function forAll(
  claim: (given: RetentionCircumstances, settings: RetentionSettings) => void,
  numRuns = 1_000,
): void {
  fc.assert(fc.property(arbitraryCircumstances, arbitrarySettings, claim), { numRuns });
}

function assertNoMore(
  more: RetentionCircumstances | null,
  than: RetentionCircumstances | null,
): void {
  if (more === null || than === null) return;
  const extra = [...removed(more).difference(removed(than))];
  assert.deepEqual(extra, [], 'goes although more is kept');
}

describe('settings that keep more, for any history,', () => {
  it('by one more in the count remove no more', () => {
    forAll((given, settings) => {
      if (settings.count === null) return;
      const more = { ...settings, count: settings.count + 1 };
      assertNoMore(under(given, more), under(given, settings));
    });
  });

  it('by a longer age remove no more', () => {
    forAll((given, settings) => {
      if (settings.age === null) return;
      const age = { ...settings.age, amount: settings.age.amount + 1 };
      assertNoMore(under(given, { ...settings, age }), under(given, settings));
    });
  });

  it('by another rule beside the others remove no more sets', () => {
    forAll((given, settings) => {
      const rules: readonly RetentionSettings[] = [
        { ...settings, count: null },
        { ...settings, age: null },
        { ...settings, gfs: null },
      ];
      const all = under(given, settings);
      for (const fewer of rules.map((one) => under(given, one))) {
        if (all === null || fewer === null) continue;
        const sets = (one: RetentionCircumstances): ReadonlySet<string> =>
          new Set(planRetention(one).snapshots.remove.map(({ id }) => id));
        assert.deepEqual([...sets(all).difference(sets(fewer))], []);
      }
    });
  });

  it('by a hold more remove no more', () => {
    forAll((given) => {
      for (const item of removalsOf(planRetention(given))) {
        const hold = { kind: 'legal-hold', note: known('') } as const;
        const placed = { holdId: sampleIds.hold('more'), item, hold, placedAt: given.now };
        const history = { ...given.history, holds: [...given.history.holds, placed] };
        const more = removed({ ...given, history });
        assert.ok(!more.has(`${item.kind} ${item.id}`), 'what is held stays');
        assert.deepEqual([...more.difference(removed(given))], []);
      }
    }, 300);
  });
});

describe('the rules of one chain, for any history,', () => {
  it('keep together exactly what one of them keeps alone', () => {
    forAll((given, settings) => {
      const kept = (one: RetentionSettings): ReadonlySet<string> => {
        const circumstances = under(given, one);
        if (circumstances === null) return new Set();
        return new Set(planRetention(circumstances).snapshots.keep.map(({ id }) => id));
      };
      const alone = (key: keyof RetentionSettings): RetentionSettings => ({
        count: null,
        age: null,
        gfs: null,
        [key]: settings[key],
      });
      const union = new Set([
        ...kept(alone('count')),
        ...kept(alone('age')),
        ...kept(alone('gfs')),
      ]);
      assert.deepEqual([...kept(settings)].toSorted(), [...union].toSorted());
    });
  });

  it('keep by count exactly the newest complete sets of the policy, whatever is pinned', () => {
    forAll((given, { count }) => {
      if (count === null) return;
      const circumstances = under(given, { count, age: null, gfs: null });
      if (circumstances === null) return;
      const counted = planRetention(circumstances).snapshots.keep.filter(({ reasons }) =>
        reasons.some(({ kind }) => kind === 'within-count'),
      );
      const chain = given.history.sets.filter(
        ({ condition, origin }) => condition === 'complete' && origin === 'policy',
      );
      const newest = chain.slice(Math.max(0, chain.length - count));
      assert.deepEqual(
        counted.map(({ id }) => id),
        newest.map(({ id }) => id),
      );
    });
  });

  it('leave by flags one item for each of the newest periods that have one, and no more', () => {
    forAll((given, settings) => {
      const { policy, history } = given;
      const { gfs } = settings;
      const circumstances = under(given, { count: null, age: null, gfs });
      if (policy === null || gfs === null || circumstances === null) return;
      const { keep } = planRetention(circumstances).snapshots;
      for (const name of flagNames) {
        const flag = gfs[name];
        if (flag?.kind !== 'count') continue;
        const periods = gfsPeriods(name, gfs, policy.timeZone);
        const label = (takenAt: TimestampMs): number => periods.beginningOf(takenAt);
        const there = history.sets
          .filter(({ condition, origin }) => condition === 'complete' && origin === 'policy')
          .map(({ takenAt }) => label(takenAt));
        const newest = [...new Set(there)].sort((a, b) => b - a).slice(0, flag.count);
        const flagged = keep
          .filter(({ reasons }) => reasons.some(({ kind }) => kind === `gfs-${name}`))
          .map(({ takenAt }) => label(takenAt));
        assert.deepEqual(
          flagged.toSorted((a, b) => b - a),
          newest,
        );
      }
    });
  });
});
