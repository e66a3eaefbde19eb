import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { addPeriod } from '../../../src/domain/calendar/add-period.ts';
import {
  dateIn,
  dateOf,
  formatDate,
  type LocalDate,
  monthDayOf,
  monthOf,
  timeOn,
  weekdayOf,
  yearOf,
} from '../../../src/domain/calendar/local-date.ts';
import {
  instantOf,
  isTimeZone,
  type LocalMs,
  localTimeAt,
} from '../../../src/domain/calendar/time-zone.ts';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';

/** Zones with half-hour changes, changes at midnight, skipped days, and none. */
const zones = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Asia/Tehran',
  'America/Havana',
  'America/Nuuk',
);

const instants = fc
  .integer({ min: Date.UTC(1975, 0, 1), max: Date.UTC(2060, 0, 1) })
  .map((ms) => ms as TimestampMs);

/** Near the changes of clocks that there were: where the two must agree in spite of everything. */
const nearChanges = fc
  .tuple(
    zones,
    instants,
    fc.oneof(fc.integer({ min: -7_200_000, max: 7_200_000 }), fc.constantFrom(-1, 0, 1)),
  )
  .map(([zone, instant, near]) => {
    const change = Temporal.Instant.fromEpochMilliseconds(instant)
      .toZonedDateTimeISO(zone)
      .getTimeZoneTransition('next');
    const ms = (change?.epochMilliseconds ?? instant) + near;
    return { zone, instant: ms as TimestampMs };
  });

const anywhere = fc.record({ zone: zones, instant: instants });
const samples = fc.oneof(anywhere, nearChanges);

function zoned(instant: number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);
}

/** The first of two; the change of clocks itself where it skips the time. */
function shownAt(plain: Temporal.PlainDateTime, zone: string): number {
  const earlier = plain.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (earlier.toPlainDateTime().equals(plain)) return earlier.epochMilliseconds;
  const change = earlier.getTimeZoneTransition('next');
  assert.ok(change !== null);
  return change.epochMilliseconds;
}

function plainMs(plain: Temporal.PlainDateTime): number {
  return plain.toZonedDateTime('UTC').epochMilliseconds;
}

describe('the calendar of a time zone agrees with Temporal about', () => {
  it('what the clocks show', () => {
    fc.assert(
      fc.property(samples, ({ zone, instant }) => {
        const expected = plainMs(zoned(instant, zone).toPlainDateTime());
        assert.equal(localTimeAt(instant, zone), expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it('when the clocks show a time, also one that they skip or show twice', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: -90, max: 90 }), ({ zone, instant }, minutes) => {
        const local = (localTimeAt(instant, zone) + minutes * 60_000) as LocalMs;
        const plain = zoned(local, 'UTC').toPlainDateTime();
        assert.equal(instantOf(local, zone), shownAt(plain, zone));
      }),
      { numRuns: 1_000 },
    );
  });

  it('when a period is over', () => {
    const periods = fc.record({
      amount: fc.integer({ min: 1, max: 400 }),
      unit: fc.constantFrom('days' as const, 'weeks' as const, 'months' as const, 'years' as const),
    });
    fc.assert(
      fc.property(samples, periods, ({ zone, instant }, { amount, unit }) => {
        const over = zoned(instant, zone)
          .toPlainDateTime()
          .add({ [unit]: amount });
        assert.equal(addPeriod(instant, { amount, unit }, zone), shownAt(over, zone));
      }),
      { numRuns: 1_500 },
    );
  });

  it('years, months, days and weekdays', () => {
    const dates = fc.integer({ min: -200_000, max: 200_000 }).map((days) => days as LocalDate);
    fc.assert(
      fc.property(dates, (date) => {
        const plain = new Temporal.PlainDate(1970, 1, 1).add({ days: date });
        assert.deepEqual(
          [yearOf(date), monthOf(date), monthDayOf(date), weekdayOf(date)],
          [plain.year, plain.month, plain.day, plain.dayOfWeek],
        );
        assert.equal(formatDate(date), plain.toString());
        assert.equal(dateIn(plain.year, plain.month, plain.day), date);
      }),
    );
  });
});

describe('a date in a month', () => {
  it('is the last one when the month is too short', () => {
    assert.equal(formatDate(dateIn(2026, 2, 31)), '2026-02-28');
    assert.equal(formatDate(dateIn(2028, 2, 30)), '2028-02-29');
    assert.equal(formatDate(dateIn(2026, 4, 31)), '2026-04-30');
  });

  it('counts months on into the years around', () => {
    assert.equal(formatDate(dateIn(2026, 13, 5)), '2027-01-05');
    assert.equal(formatDate(dateIn(2026, 0, 31)), '2025-12-31');
    assert.equal(formatDate(dateIn(2026, -11, 1)), '2025-01-01');
  });

  it('of an early year is of that year', () => {
    assert.equal(yearOf(dateIn(99, 5, 5)), 99);
    assert.equal(dateOf(-1 as LocalMs), -1);
  });
});

describe('a time of a date', () => {
  it('is so many hours and minutes after its midnight', () => {
    assert.equal(timeOn(dateIn(2026, 1, 5), 7, 30), Date.UTC(2026, 0, 5, 7, 30));
  });
});

describe('a period', () => {
  it('that ends in the last two days of all dates never ends', () => {
    const [end, day] = [8.64e15, 86_400_000];
    const oneDay = { amount: 1, unit: 'days' } as const;
    const endOfDayAfter = (instant: number): number =>
      addPeriod(instant as TimestampMs, oneDay, 'UTC');
    assert.equal(endOfDayAfter(end - 4 * day), end - 3 * day);
    assert.equal(endOfDayAfter(end - 3 * day - 1), end - 2 * day - 1);
    assert.equal(endOfDayAfter(end - 3 * day), end);
    assert.equal(endOfDayAfter(end - 2 * day), end);
  });

  it('that ends beyond all dates never ends', () => {
    const now = Date.UTC(2026, 0, 1) as TimestampMs;
    for (const unit of ['days', 'weeks', 'months', 'years'] as const) {
      assert.equal(addPeriod(now, { amount: 1e12, unit }, 'Europe/Berlin'), 8.64e15);
    }
  });
});

describe('the name of a time zone', () => {
  it('is known or not', () => {
    assert.equal(isTimeZone('Europe/Berlin'), true);
    assert.equal(isTimeZone('UTC'), true);
    for (const name of ['Europe/Nowhere', '', 'Berlin time']) assert.equal(isTimeZone(name), false);
  });
});
