import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import type { ChainItem } from '../../../src/domain/retention/chain-item.ts';
import { gfsRule } from '../../../src/domain/retention/gfs-rule.ts';
import type { RetentionRule } from '../../../src/domain/retention/retention-rule.ts';
import type { GfsFlag, GfsSettings } from '../../../src/domain/retention/retention-settings.ts';

const newest = (count: number): GfsFlag => ({ kind: 'count', count });
const noFlags: GfsSettings = {
  daily: null,
  weekly: null,
  monthly: null,
  yearly: null,
  hour: 0,
  minute: 0,
  weekday: 1,
  monthDay: 1,
  month: 1,
};

function rule(flags: Partial<GfsSettings>, timeZone = 'UTC'): RetentionRule {
  return gfsRule({ ...noFlags, ...flags }, timeZone);
}

/** Items named by their times, in this order. */
function chain(...times: readonly string[]): readonly ChainItem[] {
  return times.map((id, order) => ({ id, takenAt: at(id), order }));
}

function at(time: string): TimestampMs {
  return Date.parse(time.length > 16 ? time : `${time}Z`) as TimestampMs;
}

/** What stays, with the flags that keep it, as `time flag:label …`. */
function kept(
  of: RetentionRule,
  items: readonly ChainItem[],
  now = '2030-01-01T00:00',
): readonly string[] {
  const verdicts = of(items, at(now));
  return items.flatMap(({ id }) => {
    const verdict = verdicts.get(id);
    if (verdict === undefined || !('keep' in verdict)) return [];
    const flags = verdict.keep.map((reason) =>
      'label' in reason ? `${reason.kind.slice(4)}:${reason.label}` : reason.kind,
    );
    return [[id, ...flags].join(' ')];
  });
}

describe('flags', () => {
  it('go to the first item of each day, from the hour and minute on', () => {
    const items = chain(
      '2026-03-01T05:59',
      '2026-03-01T06:00',
      '2026-03-01T18:00',
      '2026-03-02T05:59',
      '2026-03-02T07:00',
    );
    assert.deepEqual(kept(rule({ daily: newest(9), hour: 6 }), items), [
      '2026-03-01T05:59 daily:2026-02-28',
      '2026-03-01T06:00 daily:2026-03-01',
      '2026-03-02T07:00 daily:2026-03-02',
    ]);
    assert.deepEqual(kept(rule({ daily: newest(9), hour: 5, minute: 59 }), items), [
      '2026-03-01T05:59 daily:2026-03-01',
      '2026-03-02T05:59 daily:2026-03-02',
    ]);
  });

  it('go to the first item from the weekday on: a missed schedule does not lose its flag', () => {
    // Sunday 2026-03-01; the item of Monday the 9th is missing.
    const items = chain('2026-03-02T01:00', '2026-03-03T01:00', '2026-03-11T01:00');
    assert.deepEqual(kept(rule({ weekly: newest(9) }), items), [
      '2026-03-02T01:00 weekly:2026-03-02',
      '2026-03-11T01:00 weekly:2026-03-09',
    ]);
    assert.deepEqual(kept(rule({ weekly: newest(9), weekday: 7 }), items), [
      '2026-03-02T01:00 weekly:2026-03-01',
      '2026-03-11T01:00 weekly:2026-03-08',
    ]);
  });

  it('of a month are for its day, or its last one', () => {
    const items = chain(
      '2026-01-30T12:00',
      '2026-01-31T12:00',
      '2026-02-28T12:00',
      '2026-03-30T12:00',
    );
    assert.deepEqual(kept(rule({ monthly: newest(9), monthDay: 31 }), items), [
      '2026-01-30T12:00 monthly:2025-12-31',
      '2026-01-31T12:00 monthly:2026-01-31',
      '2026-02-28T12:00 monthly:2026-02-28',
    ]);
  });

  it('of a year are for the day of its month', () => {
    const items = chain(
      '2024-02-28T12:00',
      '2024-02-29T12:00',
      '2025-02-28T12:00',
      '2025-12-31T12:00',
    );
    assert.deepEqual(kept(rule({ yearly: newest(9), month: 2, monthDay: 29 }), items), [
      '2024-02-28T12:00 yearly:2023-02-28',
      '2024-02-29T12:00 yearly:2024-02-29',
      '2025-02-28T12:00 yearly:2025-02-28',
    ]);
  });

  it('can be several on one item', () => {
    const flags = { daily: newest(1), weekly: newest(1), monthly: newest(1), yearly: newest(1) };
    assert.deepEqual(kept(rule(flags), chain('2026-06-01T08:00')), [
      '2026-06-01T08:00 daily:2026-06-01 weekly:2026-06-01 monthly:2026-06-01 yearly:2026-01-01',
    ]);
  });

  it('over their number come off the earliest; an item with another flag stays', () => {
    const items = chain('2026-06-01T08:00', '2026-06-02T08:00', '2026-06-03T08:00');
    assert.deepEqual(kept(rule({ daily: newest(2) }), items), [
      '2026-06-02T08:00 daily:2026-06-02',
      '2026-06-03T08:00 daily:2026-06-03',
    ]);
    assert.deepEqual(kept(rule({ daily: newest(1), monthly: newest(1) }), items), [
      '2026-06-01T08:00 monthly:2026-06-01',
      '2026-06-03T08:00 daily:2026-06-03',
    ]);
  });

  it('count periods that have an item: a year of downtime takes nothing', () => {
    const items = chain('2024-06-01T08:00', '2024-06-02T08:00', '2026-06-03T08:00');
    assert.deepEqual(kept(rule({ daily: newest(2) }), items), [
      '2024-06-02T08:00 daily:2024-06-02',
      '2026-06-03T08:00 daily:2026-06-03',
    ]);
  });

  it('for a period are over when it is', () => {
    const flags = rule({ daily: { kind: 'period', period: { amount: 2, unit: 'days' } } });
    const items = chain('2026-06-01T08:00', '2026-06-02T08:00');
    assert.equal(kept(flags, items, '2026-06-03T07:59').length, 2);
    assert.deepEqual(kept(flags, items, '2026-06-03T08:00'), ['2026-06-02T08:00 daily:2026-06-02']);
  });

  it('pass to the next item of the period when the first one is gone', () => {
    const items = chain('2026-06-01T08:00', '2026-06-01T12:00', '2026-06-02T08:00');
    const flags = rule({ daily: newest(2) });
    assert.equal(kept(flags, items)[0], '2026-06-01T08:00 daily:2026-06-01');
    assert.equal(kept(flags, items.slice(1))[0], '2026-06-01T12:00 daily:2026-06-01');
  });

  it('say which were lost, and which there never were', () => {
    const items = chain('2026-06-01T08:00', '2026-06-01T12:00', '2026-06-08T08:00');
    const verdicts = rule({ daily: newest(1), weekly: newest(1) })(items, at('2026-06-09T00:00'));
    assert.deepEqual(
      [...verdicts.values()].map((verdict) => ('remove' in verdict ? verdict.remove : 'kept')),
      [{ kind: 'flag-expired', flags: ['daily', 'weekly'] }, { kind: 'no-flag' }, 'kept'],
    );
  });

  it('go by the order of the chain, not by times, when a clock was set back', () => {
    const items = chain('2026-06-01T12:00', '2026-06-01T08:00');
    assert.deepEqual(kept(rule({ daily: newest(1) }), items), [
      '2026-06-01T12:00 daily:2026-06-01',
    ]);
  });

  describe('in a time zone whose clocks change', () => {
    it('begin with the change, at a time that it skips', () => {
      // In Berlin 2:00 to 3:00 was skipped on 29 March 2026: 2:30 is 3:00, 1:00 UTC.
      const flags = rule({ daily: newest(9), hour: 2, minute: 30 }, 'Europe/Berlin');
      assert.deepEqual(kept(flags, chain('2026-03-29T00:59', '2026-03-29T01:00')), [
        '2026-03-29T00:59 daily:2026-03-28',
        '2026-03-29T01:00 daily:2026-03-29',
      ]);
    });

    it('are given to what was backed up right after the time was skipped', () => {
      const sundays = chain(
        ...['2026-03-15T01:30', '2026-03-22T01:30', '2026-03-29T01:00', '2026-04-05T00:30'],
      );
      const days = chain('2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30');
      const at230 = { weekday: 7, hour: 2, minute: 30 };
      assert.deepEqual(kept(rule({ weekly: newest(9), ...at230 }, 'Europe/Berlin'), sundays), [
        '2026-03-15T01:30 weekly:2026-03-15',
        '2026-03-22T01:30 weekly:2026-03-22',
        '2026-03-29T01:00 weekly:2026-03-29',
        '2026-04-05T00:30 weekly:2026-04-05',
      ]);
      assert.deepEqual(kept(rule({ daily: newest(9), ...at230 }, 'Europe/Berlin'), days), [
        '2026-03-28T01:30 daily:2026-03-28',
        '2026-03-29T01:00 daily:2026-03-29',
        '2026-03-30T00:30 daily:2026-03-30',
      ]);
    });

    it('begin with the first of two hours of the same name', () => {
      // 2:00 to 3:00 was shown twice on 25 October 2026: 2:30 is 0:30 UTC and again 1:30 UTC.
      const flags = rule({ daily: newest(9), hour: 2, minute: 30 }, 'Europe/Berlin');
      const items = chain('2026-10-25T00:29', '2026-10-25T00:30', '2026-10-25T01:30');
      assert.deepEqual(kept(flags, items), [
        '2026-10-25T00:29 daily:2026-10-24',
        '2026-10-25T00:30 daily:2026-10-25',
      ]);
    });

    it('know no day that the zone skipped, but by a time in it', () => {
      // Samoa had no 30 December 2011.
      const flags = rule({ daily: newest(9) }, 'Pacific/Apia');
      assert.deepEqual(kept(flags, chain('2011-12-30T09:59', '2011-12-30T10:00')), [
        '2011-12-30T09:59 daily:2011-12-29',
        '2011-12-30T10:00 daily:2011-12-31',
      ]);
      const atNoon = rule({ daily: newest(9), hour: 12 }, 'Pacific/Apia');
      assert.deepEqual(kept(atNoon, chain('2011-12-30T09:59', '2011-12-30T10:00')), [
        '2011-12-30T09:59 daily:2011-12-29',
        '2011-12-30T10:00 daily:2011-12-30',
      ]);
    });
  });
});
