import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextOccurrence } from '../../../src/domain/policy/occurrences.ts';
import type { Schedule } from '../../../src/domain/policy/schedule.ts';
import { cronOccurrences } from '../../support/schedule/cron-occurrences.ts';
import { inIso, moment } from '../../support/schedule/moments.ts';

const never: Schedule = { kind: 'cron', expression: '0 0 31 2 *' };
const daily = (hour: number): Schedule => ({ kind: 'daily', hour, minute: 0 });

function next(...schedules: readonly Schedule[]): string | null {
  const after = moment('2026-01-05T08:00Z');
  return inIso(nextOccurrence(schedules, 'UTC', after, cronOccurrences));
}

describe('the next occurrence of schedules', () => {
  it('is the first of any of them, in whatever order they stand', () => {
    assert.equal(next(daily(12), daily(10)), '2026-01-05T10:00Z');
    assert.equal(next(daily(10), daily(12)), '2026-01-05T10:00Z');
  });

  it('is that of the others where one never occurs', () => {
    assert.equal(next(never, daily(10)), '2026-01-05T10:00Z');
    assert.equal(next(daily(10), never), '2026-01-05T10:00Z');
  });

  it('is none where none ever occurs', () => {
    assert.equal(next(never), null);
    assert.equal(next(), null);
  });
});
