import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retentionInWords, scheduleInWords } from '../../../src/cli/wording/schedule.ts';

describe('a schedule in words', () => {
  it('is every hour, or every so many', () => {
    const every = (everyHours: number): string =>
      scheduleInWords({ kind: 'hourly', everyHours, minute: 5 });
    assert.equal(every(1), 'every hour, at minute 5');
    assert.equal(every(12), 'every 12 hours, at minute 5');
  });
});

describe('rules in words', () => {
  const noFlags = { daily: null, weekly: null, monthly: null, yearly: null };
  const midnight = { hour: 0, minute: 0, weekday: 1, monthDay: 1, month: 1 };

  it('name one of a thing as one', () => {
    const day = { amount: 1, unit: 'days' } as const;
    const weekly = { kind: 'period', period: { amount: 1, unit: 'months' } } as const;
    assert.equal(
      retentionInWords({ count: 1, age: day, gfs: { ...noFlags, ...midnight, weekly } }, 'set'),
      'the newest 1 set, and those younger than 1 day, and flags: weekly for 1 month',
    );
  });

  it('name several as several', () => {
    const days = { amount: 30, unit: 'days' } as const;
    const yearly = { kind: 'period', period: { amount: 7, unit: 'years' } } as const;
    assert.equal(
      retentionInWords({ count: 2, age: days, gfs: { ...noFlags, ...midnight, yearly } }, 'copy'),
      'the newest 2 copies, and those younger than 30 days, and flags: yearly for 7 years',
    );
  });
});
