import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import { nextOccurrence } from '../../../src/domain/policy/occurrences.ts';
import type { Schedule } from '../../../src/domain/policy/schedule.ts';
import type { ChainItem } from '../../../src/domain/retention/chain-item.ts';
import { gfsRule } from '../../../src/domain/retention/gfs-rule.ts';
import type { GfsSettings } from '../../../src/domain/retention/retention-settings.ts';
import { cronOccurrences } from '../../support/schedule/cron-occurrences.ts';

/** Clocks are set forward at night, by half an hour, at either end of a day, over a day, never. */
const zones = [
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Havana'],
  ...['America/Nuuk', 'Pacific/Apia', 'Africa/Casablanca', 'America/St_Johns'],
] as const;

const flagNames = ['daily', 'weekly', 'monthly', 'yearly'] as const;
type FlagName = (typeof flagNames)[number];

type Boundary = Pick<GfsSettings, 'hour' | 'minute' | 'weekday' | 'monthDay' | 'month'>;

const boundaries: fc.Arbitrary<Boundary> = fc.record({
  // Mostly at night, when clocks are set.
  hour: fc.oneof(fc.constantFrom(0, 1, 2, 3, 23), fc.integer({ min: 0, max: 23 })),
  minute: fc.constantFrom(0, 15, 30, 59),
  weekday: fc.integer({ min: 1, max: 7 }),
  monthDay: fc.integer({ min: 1, max: 31 }),
  month: fc.integer({ min: 1, max: 12 }),
});

function scheduleOf(flag: FlagName, boundary: Boundary): Schedule {
  const { hour, minute, weekday, monthDay, month } = boundary;
  switch (flag) {
    case 'daily':
      return { kind: 'daily', hour, minute };
    case 'weekly':
      return { kind: 'weekly', weekdays: [weekday], hour, minute };
    case 'monthly':
      return { kind: 'monthly', monthDay, hour, minute };
    case 'yearly':
      return { kind: 'yearly', month, monthDay, hour, minute };
  }
}

function occurrencesAfter(
  schedule: Schedule,
  zone: string,
  after: TimestampMs,
  count: number,
): readonly ChainItem[] {
  const items: ChainItem[] = [];
  let takenAt: TimestampMs | null = after;
  for (let order = 0; order < count; order += 1) {
    takenAt = nextOccurrence([schedule], zone, takenAt, cronOccurrences);
    assert.ok(takenAt !== null, 'simple schedules occur for ever');
    items.push({ id: `i${order}`, takenAt, order });
  }
  return items;
}

describe('a backup at every time of a simple schedule, with flags from the same time on,', () => {
  for (const flag of flagNames) {
    it(`has the ${flag} flag of a period of its own, in any zone and year`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...zones),
          boundaries,
          fc.integer({ min: Date.UTC(2005, 0, 1), max: Date.UTC(2035, 0, 1) }),
          (zone, boundary, from) => {
            // The days before clocks are set the next time, where they ever are.
            const change = Temporal.Instant.fromEpochMilliseconds(from)
              .toZonedDateTimeISO(zone)
              .getTimeZoneTransition('next');
            const begin = (change?.epochMilliseconds ?? from) - 10 * 86_400_000;
            const schedule = scheduleOf(flag, boundary);
            const chain = occurrencesAfter(schedule, zone, begin as TimestampMs, 14);
            const none = { daily: null, weekly: null, monthly: null, yearly: null } as const;
            const all = { kind: 'count', count: chain.length } as const;
            const rule = gfsRule({ ...none, ...boundary, [flag]: all }, zone);
            const verdicts = rule(chain, begin as TimestampMs);
            for (const { id, takenAt } of chain) {
              const verdict = verdicts.get(id);
              const isKept = verdict !== undefined && 'keep' in verdict;
              assert.ok(isKept, `${new Date(takenAt).toISOString()} has no flag`);
            }
          },
        ),
        { numRuns: 500 },
      );
    });
  }
});
