import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cronExpressionsOf, type Schedule } from '../../../src/domain/policy/schedule.ts';

const at = { hour: 7, minute: 30 } as const;

describe('a schedule as cron expressions:', () => {
  const cases: readonly (readonly [string, Schedule, readonly string[]])[] = [
    ['as it was written', { kind: 'cron', expression: '0 7 * * 1-5' }, ['0 7 * * 1-5']],
    ['every hour', { kind: 'hourly', everyHours: 1, minute: 5 }, ['5 * * * *']],
    ['every few hours', { kind: 'hourly', everyHours: 6, minute: 0 }, ['0 0,6,12,18 * * *']],
    ['every day', { kind: 'daily', ...at }, ['30 7 * * *']],
    ['on weekdays', { kind: 'weekly', weekdays: [1, 3, 7], ...at }, ['30 7 * * 1,3,7']],
    ['on a day of each month', { kind: 'monthly', monthDay: 28, ...at }, ['30 7 28 * *']],
    [
      'on a day that February lacks: there on its last',
      { kind: 'monthly', monthDay: 29, ...at },
      ['30 7 29 1,3-12 *', '30 7 L 2 *'],
    ],
    ['on the last day of each month', { kind: 'monthly', monthDay: 31, ...at }, ['30 7 L * *']],
    ['on a day of the year', { kind: 'yearly', month: 3, monthDay: 31, ...at }, ['30 7 31 3 *']],
    ['on 30 April', { kind: 'yearly', month: 4, monthDay: 30, ...at }, ['30 7 30 4 *']],
    [
      'on 31 April: on its last day',
      { kind: 'yearly', month: 4, monthDay: 31, ...at },
      ['30 7 L 4 *'],
    ],
    ['on 28 February', { kind: 'yearly', month: 2, monthDay: 28, ...at }, ['30 7 28 2 *']],
    [
      'on 29 February: on its last day',
      { kind: 'yearly', month: 2, monthDay: 29, ...at },
      ['30 7 L 2 *'],
    ],
    [
      'on 31 June: on its last day',
      { kind: 'yearly', month: 6, monthDay: 31, ...at },
      ['30 7 L 6 *'],
    ],
    ['on 31 July', { kind: 'yearly', month: 7, monthDay: 31, ...at }, ['30 7 31 7 *']],
    ['on 31 September', { kind: 'yearly', month: 9, monthDay: 31, ...at }, ['30 7 L 9 *']],
    ['on 31 November', { kind: 'yearly', month: 11, monthDay: 31, ...at }, ['30 7 L 11 *']],
  ];
  for (const [what, schedule, expressions] of cases) {
    it(what, () => {
      assert.deepEqual(cronExpressionsOf(schedule), expressions);
    });
  }
});
