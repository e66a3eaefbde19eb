import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Release } from '../../../src/domain/retention/explanation.ts';
import { releaseOf } from '../../../src/domain/retention/release-of.ts';
import type { RetentionCircumstances } from '../../../src/domain/retention/retention-circumstances.ts';
import type { KeepReason } from '../../../src/domain/retention/retention-reasons.ts';
import type {
  GfsSettings,
  RetentionSettings,
} from '../../../src/domain/retention/retention-settings.ts';
import { initialInstance } from '../../../src/domain/instance/instance-state.ts';
import { noted } from '../../../src/verification/noted-session.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import {
  circumstancesOf,
  daily,
  onDay,
  plannedPolicy,
} from '../../support/domain/planned-retention.ts';
import { known } from '../../../src/domain/sensitive/sensitive.ts';

const noFlags: GfsSettings = {
  ...{ daily: null, weekly: null, monthly: null, yearly: null },
  ...{ hour: 0, minute: 0, weekday: 1, monthDay: 1, month: 1 },
};
const circumstances = circumstancesOf(daily({}, {}, {}));

/** What would end this reason to keep the first of three sets, one a day from 1 January on. */
function release(
  reason: KeepReason,
  settings: Partial<RetentionSettings> | null = {},
  other: Partial<RetentionCircumstances> = {},
): Release {
  const { sets: chain } = circumstances.history;
  const [item = assert.fail()] = chain;
  const all = settings === null ? null : { count: null, age: null, gfs: null, ...settings };
  return releaseOf(reason, { item, chain, settings: all }, { ...circumstances, ...other });
}

describe('what would end a reason to keep:', () => {
  it('a copy that is made of it: the end of the session that makes it', () => {
    const reason = { kind: 'copy-source', replicaSetId: noted.replica(0, 'west') } as const;
    assert.deepEqual(release(reason), { kind: 'session-ended', sessionId: 'p0' });
  });

  it('no rule, or a rule of the embedding program: settings alone', () => {
    const changed = { kind: 'changed-settings' };
    assert.deepEqual(release({ kind: 'no-rule' }), changed);
    assert.deepEqual(release({ kind: 'host-rule', rule: 'audit', detail: 'open case' }), changed);
  });

  it('a flag of any kind: so many newer periods, or its time', () => {
    const count = { kind: 'count', count: 3 } as const;
    const releaseOfFlag = (flag: 'daily' | 'weekly' | 'monthly' | 'yearly'): Release =>
      release(
        { kind: `gfs-${flag}`, label: '2026-01-01' },
        { gfs: { ...noFlags, weekday: 5, [flag]: count } },
      );
    // 1 January 2026 is a Thursday: the days after it are of the next week, and of the same month.
    const newerPeriods = { daily: 1, weekly: 2, monthly: 3, yearly: 3 } as const;
    for (const flag of ['daily', 'weekly', 'monthly', 'yearly'] as const) {
      assert.deepEqual(releaseOfFlag(flag), {
        kind: 'newer-periods',
        flag,
        count: newerPeriods[flag],
      });
    }
    const period = { kind: 'period', period: { amount: 1, unit: 'months' } } as const;
    assert.deepEqual(
      release({ kind: 'gfs-yearly', label: '2026-01-01' }, { gfs: { ...noFlags, yearly: period } }),
      { kind: 'time', at: onDay(32) },
    );
  });

  it('a flag that no setting knows, because a rule of the embedding program gave it: settings', () => {
    const changed = { kind: 'changed-settings' };
    const reason = { kind: 'gfs-daily', label: '2026-01-01' } as const;
    const count = { kind: 'count', count: 3 } as const;
    assert.deepEqual(release(reason, null), changed);
    assert.deepEqual(release(reason, { gfs: null }), changed);
    assert.deepEqual(release(reason, { gfs: { ...noFlags, weekly: count } }), changed);
  });

  it('age: a time in the calendar of the policy, or of UTC without one', () => {
    const reason = { kind: 'within-age', age: { amount: 6, unit: 'months' } } as const;
    const policy = { ...plannedPolicy(), timeZone: 'Europe/Berlin' };
    // In July the clocks of Berlin are an hour ahead of what they show in January.
    const [inUtc, inBerlin] = [Date.UTC(2026, 6, 1, 12), Date.UTC(2026, 6, 1, 11)];
    assert.deepEqual(release(reason, {}, { policy }), { kind: 'time', at: inBerlin });
    assert.deepEqual(release(reason, {}, { policy: null }), { kind: 'time', at: inUtc });
  });

  it('one of several holds: that one', () => {
    const holdOf = (name: string) => ({
      holdId: sampleIds.hold(name),
      item: { kind: 'snapshot-set', id: noted.set(0) } as const,
      hold: { kind: 'legal-hold', note: known(`case ${name}`) } as const,
      placedAt: onDay(1),
    });
    const instance = { ...initialInstance, holds: [holdOf('one'), holdOf('two')] };
    const { history } = circumstancesOf(daily({}), { instance });
    assert.deepEqual(
      release({ kind: 'legal-hold', holdId: sampleIds.hold('two') }, {}, { history }),
      { kind: 'hold-released', holdId: 'hold-two', note: known('case two') },
    );
  });

  it('a hold that the instance does not have is a mistake of the caller', () => {
    const reason = { kind: 'locked', holdId: sampleIds.hold('nowhere') } as const;
    assert.throws(() => release(reason), { code: 'INTERNAL' });
  });
});
