import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import { nextOccurrence } from '../../../src/domain/policy/occurrences.ts';
import type { Schedule } from '../../../src/domain/policy/schedule.ts';
import { cronOccurrences } from '../../support/schedule/cron-occurrences.ts';
import { inIso, moment } from '../../support/schedule/moments.ts';

/** The first so many times after `after`. */
function times(
  schedule: Schedule,
  timeZone: string,
  after: string,
  count: number,
): readonly (string | null)[] {
  const found: (string | null)[] = [];
  let next: TimestampMs | null = moment(after);
  for (let index = 0; index < count && next !== null; index += 1) {
    next = nextOccurrence([schedule], timeZone, next, cronOccurrences);
    found.push(inIso(next));
  }
  return found;
}

const hourMs = 3_600_000;

const cron = (expression: string): Schedule => ({ kind: 'cron', expression });

// Berlin: on 2026-03-29 the clock goes from 02:00 to 03:00 (01:00Z), on 2026-10-25 from 03:00 back
// to 02:00 (01:00Z).
describe('a schedule in a time zone whose clock changes', () => {
  it('daily: a time that the change skips comes right after the gap', () => {
    const schedule: Schedule = { kind: 'daily', hour: 2, minute: 30 };
    assert.deepEqual(times(schedule, 'Europe/Berlin', '2026-03-28T00:00Z', 3), [
      '2026-03-28T01:30Z',
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
    ]);
  });

  it('daily: also when the gap reaches to the end of the day, or is a whole one', () => {
    // In Nuuk 28 March 2026 ended at 23:00 (1:00Z); Samoa had no 30 December 2011.
    const nightly: Schedule = { kind: 'daily', hour: 23, minute: 30 };
    assert.deepEqual(times(nightly, 'America/Nuuk', '2026-03-27T12:00Z', 3), [
      '2026-03-28T01:30Z',
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
    ]);
    assert.deepEqual(times(nightly, 'Pacific/Apia', '2011-12-30T00:00Z', 3), [
      '2011-12-30T09:30Z',
      '2011-12-30T10:00Z',
      '2011-12-31T09:30Z',
    ]);
  });

  it('several times that the change skips come once', () => {
    const schedule = cron('0,15,30,45 2 * * *');
    assert.deepEqual(times(schedule, 'Europe/Berlin', '2026-03-28T01:40Z', 3), [
      '2026-03-28T01:45Z',
      '2026-03-29T01:00Z',
      '2026-03-30T00:00Z',
    ]);
  });

  it('daily: a time that the change repeats comes once, the first time', () => {
    const schedule: Schedule = { kind: 'daily', hour: 2, minute: 30 };
    assert.deepEqual(times(schedule, 'Europe/Berlin', '2026-10-24T00:00Z', 3), [
      '2026-10-24T00:30Z',
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
  });

  it('hourly: every hour that there is, the repeated one twice', () => {
    const schedule: Schedule = { kind: 'hourly', everyHours: 1, minute: 0 };
    assert.deepEqual(times(schedule, 'Europe/Berlin', '2026-03-28T23:30Z', 3), [
      '2026-03-29T00:00Z',
      '2026-03-29T01:00Z',
      '2026-03-29T02:00Z',
    ]);
    assert.deepEqual(times(schedule, 'Europe/Berlin', '2026-10-24T23:30Z', 3), [
      '2026-10-25T00:00Z',
      '2026-10-25T01:00Z',
      '2026-10-25T02:00Z',
    ]);
  });

  it('every second hour: the hours are named, so that each comes once a day', () => {
    const schedule: Schedule = { kind: 'hourly', everyHours: 2, minute: 0 };
    assert.deepEqual(times(schedule, 'Europe/Berlin', '2026-10-24T21:00Z', 3), [
      '2026-10-24T22:00Z',
      '2026-10-25T00:00Z',
      '2026-10-25T03:00Z',
    ]);
  });

  it('cron with a step is a rhythm: what is skipped is skipped, what is repeated comes twice', () => {
    assert.deepEqual(times(cron('*/30 * * * *'), 'Europe/Berlin', '2026-03-29T00:30Z', 2), [
      '2026-03-29T01:00Z',
      '2026-03-29T01:30Z',
    ]);
    assert.deepEqual(times(cron('30 */1 * * *'), 'Europe/Berlin', '2026-10-25T00:00Z', 2), [
      '2026-10-25T00:30Z',
      '2026-10-25T01:30Z',
    ]);
  });
});

describe('a simple schedule', () => {
  const monthly = (monthDay: number): Schedule => ({
    kind: 'monthly',
    monthDay,
    hour: 0,
    minute: 0,
  });

  it('monthly: a short month has its last day instead', () => {
    const after = '2027-12-31T12:00Z';
    assert.deepEqual(times(monthly(31), 'UTC', after, 4), [
      '2028-01-31T00:00Z',
      '2028-02-29T00:00Z',
      '2028-03-31T00:00Z',
      '2028-04-30T00:00Z',
    ]);
    assert.deepEqual(times(monthly(30), 'UTC', after, 3), [
      '2028-01-30T00:00Z',
      '2028-02-29T00:00Z',
      '2028-03-30T00:00Z',
    ]);
    assert.deepEqual(times(monthly(29), 'UTC', '2026-12-31T12:00Z', 3), [
      '2027-01-29T00:00Z',
      '2027-02-28T00:00Z',
      '2027-03-29T00:00Z',
    ]);
  });

  it('yearly: a day that only leap years have is the last of February otherwise', () => {
    const schedule: Schedule = { kind: 'yearly', month: 2, monthDay: 29, hour: 0, minute: 0 };
    assert.deepEqual(times(schedule, 'UTC', '2027-01-01T00:00Z', 2), [
      '2027-02-28T00:00Z',
      '2028-02-29T00:00Z',
    ]);
  });

  it('weekly: 7 is Sunday', () => {
    const schedule: Schedule = { kind: 'weekly', weekdays: [7, 3], hour: 7, minute: 5 };
    assert.deepEqual(times(schedule, 'UTC', '2026-01-05T00:00Z', 3), [
      '2026-01-07T07:05Z',
      '2026-01-11T07:05Z',
      '2026-01-14T07:05Z',
    ]);
  });

  it('agrees with a calendar of other making, whatever the day, time and zone', () => {
    const zones = [
      ...['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'],
      // Clocks are set forward at the beginning and at the end of a day, and over a whole one.
      ...['America/Havana', 'America/Nuuk', 'Pacific/Apia'],
    ];
    const anyTime = { hour: fc.nat({ max: 23 }), minute: fc.nat({ max: 59 }) };
    const schedules: fc.Arbitrary<Schedule> = fc.oneof(
      fc.record({ kind: fc.constant('daily' as const), ...anyTime }),
      fc.record({
        kind: fc.constant('weekly' as const),
        weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        ...anyTime,
      }),
      fc.record({
        kind: fc.constant('monthly' as const),
        monthDay: fc.integer({ min: 1, max: 31 }),
        ...anyTime,
      }),
      fc.record({
        kind: fc.constant('yearly' as const),
        month: fc.integer({ min: 1, max: 12 }),
        monthDay: fc.integer({ min: 1, max: 31 }),
        ...anyTime,
      }),
    );
    const instants = fc.integer({
      min: Date.UTC(2011, 0, 1),
      max: Date.UTC(2032, 0, 1),
    });
    const agrees = (schedule: Schedule, zone: string, after: number): void => {
      const next = nextOccurrence([schedule], zone, after as TimestampMs, cronOccurrences);
      assert.equal(inIso(next), inIso(firstMatch(schedule, zone, after)));
    };
    fc.assert(
      fc.property(schedules, fc.constantFrom(...zones), instants, (schedule, zone, after) => {
        agrees(schedule, zone, after);
        const change = Temporal.Instant.fromEpochMilliseconds(after)
          .toZonedDateTimeISO(zone)
          .getTimeZoneTransition('next');
        if (change !== null) agrees(schedule, zone, change.epochMilliseconds - hourMs);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Walks from day to day until one fits; by Temporal alone. */
function firstMatch(schedule: Schedule, zone: string, after: number): TimestampMs | null {
  if (schedule.kind === 'cron' || schedule.kind === 'hourly') throw new Error('not a day');
  const { hour, minute } = schedule;
  let day = Temporal.Instant.fromEpochMilliseconds(after)
    .toZonedDateTimeISO(zone)
    .toPlainDate()
    .subtract({ days: 1 });
  for (let walked = 0; walked < 800; walked += 1, day = day.add({ days: 1 })) {
    if (!fits(schedule, day)) continue;
    const wished = day.toPlainDateTime({ hour, minute });
    // Within a gap, the first moment after it.
    const early = wished.toZonedDateTime(zone, { disambiguation: 'earlier' });
    const inGap = !early.toPlainDateTime().equals(wished);
    const at = inGap
      ? (early.getTimeZoneTransition('next') ?? early).epochMilliseconds
      : early.epochMilliseconds;
    if (at > after) return at as TimestampMs;
  }
  return null;
}

function fits(schedule: Schedule, day: Temporal.PlainDate): boolean {
  switch (schedule.kind) {
    case 'weekly':
      return schedule.weekdays.includes(day.dayOfWeek);
    case 'monthly':
      return day.day === Math.min(schedule.monthDay, day.daysInMonth);
    case 'yearly':
      return (
        day.month === schedule.month && day.day === Math.min(schedule.monthDay, day.daysInMonth)
      );
    case 'cron':
    case 'hourly':
    case 'daily':
      return true;
  }
}

describe('a cron expression', () => {
  it('that never occurs is null, and costs no endless search', () => {
    const cronTime = { expression: '0 0 31 2 *', timeZone: 'UTC' };
    assert.equal(cronOccurrences.next(cronTime, moment('2026-01-01T00:00Z')), null);
  });

  it('is exclusive: the occurrence itself is not after itself', () => {
    const cronTime = { expression: '0 7 * * *', timeZone: 'Europe/Berlin' };
    const at = (iso: string): string | null => inIso(cronOccurrences.next(cronTime, moment(iso)));
    assert.equal(at('2026-01-01T05:59:59.999Z'), '2026-01-01T06:00Z');
    assert.equal(at('2026-01-01T06:00Z'), '2026-01-02T06:00Z');
    assert.equal(at('2026-01-01T06:00:00.001Z'), '2026-01-02T06:00Z');
  });

  it('has five fields with one space between', () => {
    assert.match(cronOccurrences.problemOf('7') ?? '', /it has 1 field, not 5/);
    for (const wrong of ['', '* * * *', '0 0 0 * * *', '@daily', '0  7 * * *', ' 0 7 * * *']) {
      assert.match(cronOccurrences.problemOf(wrong) ?? '', /fields?, not 5/, `'${wrong}'`);
    }
    assert.equal(cronOccurrences.problemOf('0 7 * * MON-FRI'), null);
    assert.equal(cronOccurrences.problemOf('0 7 L * *'), null);
    assert.match(cronOccurrences.problemOf('0 25 * * *') ?? '', /hour: 25/);
  });
});
