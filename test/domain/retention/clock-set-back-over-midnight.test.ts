import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDate } from '../../../src/domain/calendar/local-date.ts';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import { gfsPeriods } from '../../../src/domain/retention/gfs-period.ts';
import type { GfsFlagName } from '../../../src/domain/retention/retention-reasons.ts';
import { periodLabel } from './oracle/oracle-calendar.ts';

/** 7 November 2010 is a Sunday. */
const onTheSeventh = {
  daily: null,
  weekly: null,
  monthly: null,
  yearly: null,
  hour: 0,
  minute: 0,
  weekday: 7,
  monthDay: 7,
  month: 11,
};

describe('clocks that are set back over midnight, from 0:01 of the 7th to 23:01 of the 6th', () => {
  const zone = 'America/St_Johns';
  const flags: readonly GfsFlagName[] = ['daily', 'weekly', 'monthly', 'yearly'];
  const moments = [
    [
      '2010-11-07T02:29:59Z',
      'before midnight came',
      ['2010-11-06', '2010-10-31', '2010-10-07', '2009-11-07'],
    ],
    ['2010-11-07T02:30:00Z', 'at the first midnight', Array(4).fill('2010-11-07')],
    ['2010-11-07T03:00:00Z', 'at half past 23 for the second time', Array(4).fill('2010-11-07')],
  ] as const;

  for (const [at, when, labels] of moments) {
    it(`leave what began at the first midnight begun: ${when}`, () => {
      const instant = Date.parse(at) as TimestampMs;
      // What was found for other moments is remembered with the settings: not for these.
      const settings = { ...onTheSeventh };
      const begun = flags.map((flag) =>
        formatDate(gfsPeriods(flag, settings, zone).beginningOf(instant)),
      );
      assert.deepEqual(begun, labels);
      const oracle = flags.map((flag) => periodLabel(flag, instant, onTheSeventh, zone));
      assert.deepEqual(oracle, labels);
    });
  }
});
