import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  lastRetentionAt,
  maintenanceDueAt,
  type MaintainedInstance,
} from '../../../src/domain/maintenance/maintenance-due.ts';
import type { StartWindow } from '../../../src/domain/policy/start-window.ts';
import { sessionOf } from '../../../src/verification/noted-session.ts';
import { daily, onDay } from '../../support/domain/planned-retention.ts';
import { cronOccurrences } from '../../support/schedule/cron-occurrences.ts';
import { inIso, moment } from '../../support/schedule/moments.ts';

const now = moment('2026-03-04T12:00Z');

function dueAt(one: Partial<MaintainedInstance>): string | null {
  const instance = { nextRemovalAt: now, lastTriedAt: null, policy: null, ...one };
  return inIso(maintenanceDueAt(instance, now, cronOccurrences));
}

describe('the maintenance of an instance', () => {
  it('is never due when nothing ever goes by time', () => {
    assert.equal(dueAt({ nextRemovalAt: null }), null);
  });

  it('is due now when something goes already, or went long ago', () => {
    assert.equal(dueAt({}), inIso(now));
    assert.equal(dueAt({ nextRemovalAt: moment('2025-01-01T00:00Z') }), inIso(now));
  });

  it('is due when the first thing goes', () => {
    const nextRemovalAt = moment('2026-03-09T07:00Z');
    assert.equal(dueAt({ nextRemovalAt }), inIso(nextRemovalAt));
  });

  it('is a day and an hour after the last retention at the earliest', () => {
    const lastTriedAt = moment('2026-03-04T07:00Z');
    assert.equal(dueAt({ lastTriedAt }), inIso(moment('2026-03-05T08:00Z')));
    const nextRemovalAt = moment('2026-03-05T07:59Z');
    assert.equal(dueAt({ lastTriedAt, nextRemovalAt }), inIso(moment('2026-03-05T08:00Z')));
    assert.equal(dueAt({ lastTriedAt: moment('2026-03-01T07:00Z') }), inIso(now));
    assert.equal(dueAt({ lastTriedAt: now }), inIso(moment('2026-03-05T13:00Z')));
  });

  it('waits for no pause where there was no retention, at the first moment that a clock shows, too', () => {
    const atFirst = moment('1970-01-01T00:00Z');
    const instance = { nextRemovalAt: atFirst, lastTriedAt: null, policy: null };
    assert.equal(maintenanceDueAt(instance, atFirst, cronOccurrences), atFirst);
  });

  it('is not put off by a retention of a clock that was ahead', () => {
    assert.equal(dueAt({ lastTriedAt: moment('2027-03-01T07:00Z') }), inIso(now));
  });

  it('waits for the window of the policy, in its time zone', () => {
    const window: StartWindow = {
      weekdays: [1, 2, 3, 4, 5, 6, 7],
      from: { hour: 22, minute: 0 },
      to: { hour: 6, minute: 0 },
    };
    const policy = { window, timeZone: 'Europe/Berlin' };
    assert.equal(dueAt({ policy }), inIso(moment('2026-03-04T21:00Z')));
    const nextRemovalAt = moment('2026-03-05T01:00Z');
    assert.equal(dueAt({ policy, nextRemovalAt }), inIso(nextRemovalAt));
  });
});

describe('the last retention of an instance', () => {
  it('is that of the last session that decided one, whatever the clocks said', () => {
    const sessions = daily({}, { takenAt: onDay(0) }).map(sessionOf);
    assert.equal(lastRetentionAt(sessions), onDay(0));
    assert.equal(lastRetentionAt([]), null);
  });

  it('is the beginning of a maintenance that could not decide', () => {
    const [first, second] = daily({}, {}).map(sessionOf);
    assert.ok(first !== undefined && second !== undefined);
    const undecided = { ...second, retention: null };
    assert.equal(lastRetentionAt([first, undecided]), onDay(1));
    assert.equal(lastRetentionAt([first, { ...undecided, kind: 'maintenance' }]), onDay(2));
  });
});
