import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import {
  type DueRun,
  dueRuns,
  isScheduled,
  nextLookAt,
  type ScheduledPolicy,
} from '../../../src/domain/policy/due-runs.ts';
import type { Occurrences } from '../../../src/domain/policy/occurrences.ts';
import type { Schedule, TimeOfDay } from '../../../src/domain/policy/schedule.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';
import { cronOccurrences } from '../../support/schedule/cron-occurrences.ts';
import { inIso, moment } from '../../support/schedule/moments.ts';

const daily = (hour: number): Schedule => ({ kind: 'daily', hour, minute: 0 });
const target = { region: sampleIds.region('eu-west-1'), keyId: null, account: null };

interface PolicyOptions {
  readonly snapshots?: readonly Schedule[];
  readonly image?: readonly Schedule[];
  readonly level?: 'on' | 'off';
  readonly replica?: readonly Schedule[];
  readonly window?: BackupPolicy['window'];
  readonly missedRuns?: BackupPolicy['missedRuns'];
}

function policy(options: PolicyOptions): BackupPolicy {
  const usual = samplePolicy({ image: options.level ?? 'on' });
  const retention = { count: 2, age: null, gfs: null };
  return {
    ...usual,
    snapshots: { ...usual.snapshots, schedules: options.snapshots ?? [] },
    image: { ...usual.image, schedules: options.image ?? [] },
    replicas:
      options.replica === undefined ? [] : [{ target, schedules: options.replica, retention }],
    window: options.window ?? null,
    missedRuns: options.missedRuns ?? 'run-once',
  };
}

/** A policy that was set on Monday, 2026-01-05, at midnight, and ran last at `ran`. */
function scheduled(options: PolicyOptions, ran: string | null = null): ScheduledPolicy {
  return {
    versions: [{ policy: policy(options), setAt: moment('2026-01-05T00:00Z') }],
    coveredUntil: ran === null ? null : moment(ran),
    state: 'idle',
  };
}

function due(one: ScheduledPolicy, now: string): DueRun | null {
  return dueRuns([one], moment(now), cronOccurrences)[0] ?? null;
}

function dueAt(one: ScheduledPolicy, now: string): string | null {
  return inIso(due(one, now)?.dueAt ?? null);
}

describe('a run is due', () => {
  const seven = { snapshots: [daily(7)] };

  it('from its time on, and not before', () => {
    assert.equal(dueAt(scheduled(seven), '2026-01-05T06:59:59.999Z'), null);
    assert.equal(dueAt(scheduled(seven), '2026-01-05T07:00Z'), '2026-01-05T07:00Z');
  });

  it('once: a recorded run takes care of all times up to its own', () => {
    const ran = scheduled(seven, '2026-01-05T07:00:03Z');
    assert.equal(dueAt(ran, '2026-01-05T09:00Z'), null);
    assert.equal(dueAt(ran, '2026-01-06T07:00Z'), '2026-01-06T07:00Z');
  });

  it('once after a downtime, however many times were missed', () => {
    const ran = scheduled(seven, '2026-01-05T07:00:03Z');
    assert.equal(dueAt(ran, '2026-01-09T12:00Z'), '2026-01-06T07:00Z');
    const caughtUp = { ...ran, coveredUntil: moment('2026-01-09T12:00Z') };
    assert.equal(dueAt(caughtUp, '2026-01-09T12:30Z'), null);
  });

  it('not after a downtime, when missed runs are skipped; but still when it is a little late', () => {
    const ran = scheduled({ ...seven, missedRuns: 'skip' }, '2026-01-05T07:00:03Z');
    assert.equal(dueAt(ran, '2026-01-09T12:00Z'), null);
    assert.equal(dueAt(ran, '2026-01-09T07:04:59Z'), '2026-01-09T07:00Z');
    assert.equal(dueAt(ran, '2026-01-09T07:05Z'), null);
  });

  it('not while one is under way; what became due meanwhile is due when that has ended', () => {
    const under = scheduled(seven, '2026-01-05T07:00:03Z');
    const running: ScheduledPolicy = { ...under, state: 'running' };
    assert.deepEqual(dueRuns([running], moment('2026-01-06T08:00Z'), cronOccurrences), []);
    assert.equal(dueAt({ ...under, state: 'idle' }, '2026-01-06T08:00Z'), '2026-01-06T07:00Z');
  });

  it('never for times before the policy was set', () => {
    assert.equal(dueAt(scheduled({ snapshots: [daily(0)] }), '2026-01-05T12:00Z'), null);
  });

  it('for what was missed by the policy as it was then, also when it was changed since', () => {
    const changed: ScheduledPolicy = {
      versions: [
        { policy: policy(seven), setAt: moment('2026-01-05T00:00Z') },
        { policy: policy({ snapshots: [daily(20)] }), setAt: moment('2026-01-05T08:00Z') },
      ],
      coveredUntil: null,
      state: 'idle',
    };
    assert.equal(dueAt(changed, '2026-01-05T09:00Z'), '2026-01-05T07:00Z');
    assert.equal(
      dueAt({ ...changed, coveredUntil: moment('2026-01-05T07:00Z') }, '2026-01-05T09:00Z'),
      null,
    );
  });

  /** Set on Monday at midnight, and changed to something else at 8:00. */
  function changedAt8(before: PolicyOptions, since: PolicyOptions): ScheduledPolicy {
    return {
      versions: [
        { policy: policy(before), setAt: moment('2026-01-05T00:00Z') },
        { policy: policy(since), setAt: moment('2026-01-05T08:00Z') },
      ],
      coveredUntil: null,
      state: 'idle',
    };
  }

  it('not for times of a policy of before that it changed before they came', () => {
    const toNight = { snapshots: [daily(20)] };
    for (const hour of [8, 10]) {
      const changed = changedAt8({ snapshots: [daily(hour)] }, toNight);
      assert.equal(dueAt(changed, '2026-01-05T11:00Z'), null);
    }
  });

  it('by the policy as it is, also when it had no schedule before', () => {
    const changed = changedAt8({}, { snapshots: [daily(9)] });
    assert.equal(dueAt(changed, '2026-01-05T09:30Z'), '2026-01-05T09:00Z');
  });

  it('not for an image level that the policy does not have any more, or did not have then', () => {
    const image = { image: [daily(7)] };
    const off = { ...image, level: 'off' } as const;
    assert.equal(dueAt(changedAt8(image, image), '2026-01-05T09:00Z'), '2026-01-05T07:00Z');
    assert.equal(dueAt(changedAt8(image, off), '2026-01-05T09:00Z'), null);
    assert.equal(dueAt(changedAt8(off, image), '2026-01-05T09:00Z'), null);
  });

  it('not for copies to where the policy did not copy then', () => {
    const changed = changedAt8({}, { replica: [daily(7)] });
    assert.equal(dueAt(changed, '2026-01-05T09:00Z'), null);
    assert.equal(dueAt(changed, '2026-01-06T07:30Z'), '2026-01-06T07:00Z');
  });

  it('never of a policy that nobody has set', () => {
    const never: ScheduledPolicy = { versions: [], coveredUntil: null, state: 'idle' };
    assert.throws(() => due(never, '2026-01-05T09:00Z'), { code: 'INTERNAL' });
  });

  it('not again because the clock was set back', () => {
    assert.equal(dueAt(scheduled(seven, '2026-01-05T07:00Z'), '2026-01-05T06:00Z'), null);
    assert.equal(dueAt(scheduled(seven, '2026-01-05T07:00Z'), '2026-01-05T07:00Z'), null);
  });
});

describe('what a run makes', () => {
  function partsAt(one: ScheduledPolicy, now: string): string {
    const run = due(one, now);
    if (run === null) return 'nothing';
    return run.parts.replicas.length > 0 ? `${run.parts.scope} and replica` : run.parts.scope;
  }

  it('has the image level and replicas with every set, unless they have a cadence of their own', () => {
    const one = scheduled({ snapshots: [daily(7)], replica: [] });
    assert.equal(partsAt(one, '2026-01-05T07:00Z'), 'image-level and replica');
    const off = scheduled({ snapshots: [daily(7)], replica: [], level: 'off' });
    assert.equal(partsAt(off, '2026-01-05T07:00Z'), 'snapshot-only and replica');
    assert.deepEqual(due(off, '2026-01-05T07:00Z')?.parts.replicas, [target]);
  });

  it('has each part at its own times, and always on a snapshot set', () => {
    const one = scheduled({
      snapshots: [daily(7), daily(9), daily(20)],
      image: [daily(20), daily(22)],
      replica: [daily(9)],
    });
    const after = (ran: string): ScheduledPolicy => ({ ...one, coveredUntil: moment(ran) });
    assert.equal(partsAt(after('2026-01-05T06:00Z'), '2026-01-05T07:00Z'), 'snapshot-only');
    assert.equal(
      partsAt(after('2026-01-05T07:00Z'), '2026-01-05T09:00Z'),
      'snapshot-only and replica',
    );
    assert.equal(partsAt(after('2026-01-05T09:00Z'), '2026-01-05T20:00Z'), 'image-level');
    assert.equal(partsAt(after('2026-01-05T20:00Z'), '2026-01-05T22:00Z'), 'image-level');
    assert.equal(partsAt(after('2026-01-05T22:00Z'), '2026-01-05T23:00Z'), 'nothing');
  });

  it('has everything that was missed, together', () => {
    const one = scheduled({ snapshots: [daily(7)], image: [daily(20)], replica: [daily(9)] });
    assert.equal(partsAt(one, '2026-01-06T06:00Z'), 'image-level and replica');
  });
});

describe('a window', () => {
  const night = {
    weekdays: [1, 2, 3, 4, 5, 6, 7],
    from: { hour: 22, minute: 0 },
    to: { hour: 6, minute: 0 },
  };
  const hourly: Schedule = { kind: 'hourly', everyHours: 1, minute: 0 };

  it('keeps everything from starting outside of it, and makes up for it as it opens', () => {
    const one = scheduled({ snapshots: [hourly], window: night }, '2026-01-05T05:00Z');
    assert.equal(dueAt(one, '2026-01-05T05:59Z'), null);
    assert.equal(dueAt(one, '2026-01-05T06:00Z'), null);
    assert.equal(dueAt(one, '2026-01-05T21:59Z'), null);
    assert.equal(dueAt(one, '2026-01-05T22:00Z'), '2026-01-05T06:00Z');
  });

  it('loses what it kept from starting, when missed runs are skipped', () => {
    const options = {
      snapshots: [daily(12), daily(23)],
      window: night,
      missedRuns: 'skip',
    } as const;
    const one = scheduled(options, '2026-01-05T05:00Z');
    assert.equal(dueAt(one, '2026-01-05T22:30Z'), null);
    assert.equal(dueAt(one, '2026-01-05T23:00Z'), '2026-01-05T23:00Z');
  });

  it('that opens on some days is open until its end on the day after', () => {
    const fridays = { ...night, weekdays: [5] };
    const one = scheduled({ snapshots: [hourly], window: fridays });
    assert.equal(dueAt(one, '2026-01-09T21:00Z'), null);
    assert.equal(dueAt(one, '2026-01-09T22:00Z'), '2026-01-05T01:00Z');
    assert.equal(dueAt(one, '2026-01-10T05:00Z'), '2026-01-05T01:00Z');
    assert.equal(dueAt(one, '2026-01-10T06:00Z'), null);
  });

  it('that ends when it begins is open for whole days', () => {
    const at22 = { hour: 22, minute: 0 };
    const one = scheduled({
      snapshots: [hourly],
      window: { weekdays: [1, 2], from: at22, to: at22 },
    });
    assert.equal(dueAt(one, '2026-01-05T21:00Z'), null);
    assert.equal(dueAt(one, '2026-01-05T22:00Z'), '2026-01-05T01:00Z');
    assert.equal(dueAt(one, '2026-01-06T22:00Z'), '2026-01-05T01:00Z');
    assert.equal(dueAt(one, '2026-01-07T22:00Z'), null);
  });

  it('within one hour is open for its minutes, of its own day only', () => {
    const mondays = (from: TimeOfDay, to: TimeOfDay): ScheduledPolicy =>
      scheduled({ snapshots: [hourly], window: { weekdays: [1], from, to } }, '2026-01-04T00:00Z');
    const [at830, at845, at910] = [
      { hour: 8, minute: 30 },
      { hour: 8, minute: 45 },
      { hour: 9, minute: 10 },
    ];
    const openAt = (one: ScheduledPolicy, now: string): boolean => due(one, now) !== null;
    assert.equal(openAt(mondays(at830, at845), '2026-01-05T08:29Z'), false);
    assert.equal(openAt(mondays(at830, at845), '2026-01-05T08:30Z'), true);
    assert.equal(openAt(mondays(at830, at845), '2026-01-05T08:45Z'), false);
    assert.equal(openAt(mondays(at830, at845), '2026-01-06T01:00Z'), false);
    assert.equal(openAt(mondays(at845, at910), '2026-01-05T09:09Z'), true);
    assert.equal(openAt(mondays(at845, at910), '2026-01-06T01:00Z'), false);
  });

  it('that never opens, or never closes, lets nothing start', () => {
    const window = { weekdays: [], from: { hour: 22, minute: 0 }, to: { hour: 6, minute: 0 } };
    const one = scheduled({ snapshots: [hourly], window });
    const neverAt = (hour: number): Occurrences => ({
      ...cronOccurrences,
      next: (cron, after) => {
        if (cron.expression.startsWith(`0 ${hour} `)) return null;
        const expression = cron.expression.replace(/ $/, ' *');
        return cronOccurrences.next({ ...cron, expression }, after);
      },
    });
    for (const hour of [22, 6]) {
      assert.deepEqual(dueRuns([one], moment('2026-01-05T23:00Z'), neverAt(hour)), []);
    }
    assert.equal(nextLookAt(one, moment('2026-01-05T12:00Z'), neverAt(22)), null);
  });

  it('that a change of the clock leaves no room for stays closed on that day', () => {
    // In Berlin there is no time from 02:00 to 03:00 on 2026-03-29.
    const inGap = {
      ...night,
      from: { hour: 2, minute: 0 },
      to: { hour: 2, minute: 30 },
    };
    const one = scheduled({ snapshots: [hourly], window: inGap });
    const inBerlin: ScheduledPolicy = {
      ...one,
      versions: one.versions.map(({ policy: had, setAt }) => ({
        policy: { ...had, timeZone: 'Europe/Berlin' },
        setAt,
      })),
    };
    assert.notEqual(dueAt(inBerlin, '2026-03-28T01:15Z'), null);
    assert.equal(dueAt(inBerlin, '2026-03-29T00:30Z'), null);
    assert.equal(dueAt(inBerlin, '2026-03-29T01:00Z'), null);
    assert.equal(dueAt(inBerlin, '2026-03-29T01:15Z'), null);
  });
});

describe('the next look', () => {
  const look = (one: ScheduledPolicy, now: string): string | null =>
    inIso(nextLookAt(one, moment(now), cronOccurrences));

  it('is at the next time, or as the window opens', () => {
    const one = scheduled({ snapshots: [daily(7)] }, '2026-01-05T07:00Z');
    assert.equal(look(one, '2026-01-05T08:00Z'), '2026-01-06T07:00Z');
    const night = {
      weekdays: [1, 2, 3, 4, 5, 6, 7],
      from: { hour: 22, minute: 0 },
      to: { hour: 6, minute: 0 },
    };
    const held = scheduled({ snapshots: [daily(7), daily(23)], window: night });
    assert.equal(look(held, '2026-01-05T08:00Z'), '2026-01-05T22:00Z');
  });

  it('never comes for a policy without schedules, or only with those of an image level that is off', () => {
    const off = { image: [daily(7)], level: 'off' } as const;
    for (const options of [{}, off]) {
      const one = scheduled(options);
      assert.equal(look(one, '2026-01-05T08:00Z'), null);
      assert.equal(isScheduled(policy(options)), false);
    }
    assert.equal(isScheduled(policy({ image: [daily(7)] })), true);
  });

  it('is at the times of the image level and of the copies, too', () => {
    const ran = '2026-01-05T08:00Z';
    assert.equal(look(scheduled({ image: [daily(9)] }, ran), ran), '2026-01-05T09:00Z');
    assert.equal(look(scheduled({ replica: [daily(10)] }, ran), ran), '2026-01-05T10:00Z');
  });

  it('is not at a time that a run took care of, although the clock was set back', () => {
    const ran = scheduled({ snapshots: [daily(7)] }, '2026-01-05T07:00Z');
    assert.equal(look(ran, '2026-01-05T06:00Z'), '2026-01-06T07:00Z');
  });

  it('is never too late, whatever the schedules: at every time at which a run is due, one looks', () => {
    const hours = fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { maxLength: 3 });
    const cases = fc.record({
      snapshots: hours,
      image: hours,
      from: fc.integer({ min: 0, max: 23 }),
      to: fc.integer({ min: 0, max: 23 }),
      missedRuns: fc.constantFrom('run-once', 'skip'),
    });
    fc.assert(
      fc.property(cases, ({ snapshots, image, from, to, missedRuns }) => {
        const one = scheduled({
          snapshots: snapshots.map(daily),
          image: image.map(daily),
          window: {
            weekdays: [1, 3, 6],
            from: { hour: from, minute: 0 },
            to: { hour: to, minute: 0 },
          },
          missedRuns,
        });
        const start = moment('2026-01-05T00:00Z');
        assert.deepEqual(runsByLooks(one, start), runsByMinutes(one, start));
      }),
      { numRuns: 30 },
    );
  });
});

const week = 7 * 24 * 3_600_000;

/** When runs begin if one looks only when told to. */
function runsByLooks(one: ScheduledPolicy, start: TimestampMs): readonly (string | null)[] {
  const runs: (string | null)[] = [];
  let state = one;
  let now: TimestampMs | null = start;
  while (now !== null && now < start + week) {
    if (dueRuns([state], now, cronOccurrences).length > 0) {
      runs.push(inIso(now));
      state = { ...state, coveredUntil: now };
    }
    const next: TimestampMs | null = nextLookAt(state, now, cronOccurrences);
    assert.ok(next === null || next > now, 'a look that does not pass');
    now = next;
  }
  return runs;
}

/** When they begin if one looks every half hour. */
function runsByMinutes(one: ScheduledPolicy, start: TimestampMs): readonly (string | null)[] {
  const runs: (string | null)[] = [];
  let state = one;
  for (let at = start as number; at < start + week; at += 30 * 60_000) {
    const now = at as TimestampMs;
    if (dueRuns([state], now, cronOccurrences).length === 0) continue;
    runs.push(inIso(now));
    state = { ...state, coveredUntil: now };
  }
  return runs;
}
