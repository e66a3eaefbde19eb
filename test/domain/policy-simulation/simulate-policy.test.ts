import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import {
  simulatePolicy,
  type SimulationRequest,
} from '../../../src/domain/policy-simulation/simulate-policy.ts';
import type { SimulatedDay } from '../../../src/domain/policy-simulation/simulated-days.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';
import { cronOccurrences } from '../../support/schedule/cron-occurrences.ts';
import { moment } from '../../support/schedule/moments.ts';

// 2026-01-05 is a Monday.
function simulate(
  policy: BackupPolicy,
  days: number,
  options: Partial<SimulationRequest> = {},
): readonly SimulatedDay[] {
  const from = moment('2026-01-05T00:00Z');
  const until = moment(new Date(from + days * 86_400_000).toISOString());
  return simulatePolicy(
    {
      ...{ policy, from, until, imageEvery: null, failing: new Set() },
      pointDependency: 'independent',
      ...options,
    },
    cronOccurrences,
  );
}

function setsOf({ chain }: SimulatedDay): string {
  const sets = chain.filter(({ kind }) => kind === 'snapshot-set');
  return sets.map(({ takenAt }) => new Date(takenAt).toUTCString().slice(0, 3)).join(' ');
}

const usual = samplePolicy();
const daily = { kind: 'daily', hour: 7, minute: 0 } as const;
const byAge: BackupPolicy = {
  ...usual,
  snapshots: {
    schedules: [daily],
    retention: { count: null, age: { amount: 2, unit: 'days' }, gfs: null },
    baseMoves: 'after-retention',
    volumeTags: 'leave',
  },
  image: {
    ...usual.image,
    schedules: [{ kind: 'weekly', weekdays: [1, 5], hour: 7, minute: 0 }],
  },
};

describe('a policy in virtual time', () => {
  it('does what the worked example by age says, day by day', () => {
    const days = simulate(byAge, 6);
    assert.deepEqual(days.map(setsOf), [
      'Mon',
      'Mon Tue',
      'Mon Tue Wed',
      'Mon Wed Thu',
      'Mon Thu Fri',
      'Fri Sat',
    ]);
  });

  it('keeps the base when the image-level session fails, which applies retention all the same', () => {
    const days = simulate(byAge, 7, { failing: new Set([5]) });
    assert.deepEqual(days.map(setsOf).slice(4), ['Mon Thu Fri', 'Mon Fri Sat', 'Mon Sat Sun']);
    assert.equal(days[4]?.sessions[0]?.outcome, 'failed');
  });

  it('makes every n-th session image-level when told to, whatever the schedules', () => {
    const days = simulate(byAge, 5, { imageEvery: 3 });
    assert.deepEqual(
      days.map(({ sessions }) => sessions[0]?.scope),
      ['image-level', 'snapshot-only', 'snapshot-only', 'image-level', 'snapshot-only'],
    );
  });

  it('copies to targets at their own times, and removes copies by their own rules', () => {
    const target = { region: sampleIds.region('eu-west-1'), keyId: null, account: null };
    const retention = { count: 1, age: null, gfs: null };
    const policy = { ...byAge, replicas: [{ target, schedules: [], retention }] };
    const replicas = simulate(policy, 4).map(
      ({ chain }) => chain.filter(({ kind }) => kind === 'replica').length,
    );
    assert.deepEqual(replicas, [1, 1, 1, 1]);
  });

  describe('tells of a day', () => {
    const target = { region: sampleIds.region('eu-west-1'), keyId: null, account: null };
    const keepOne = { count: 1, age: null, gfs: null };
    const policy: BackupPolicy = {
      ...samplePolicy({ keep: 1 }),
      snapshots: { ...usual.snapshots, retention: keepOne, schedules: [daily] },
      replicas: [{ target, schedules: [], retention: keepOne }],
      image: { ...usual.image, retention: keepOne },
    };
    const [monday, tuesday] = [moment('2026-01-05T07:00Z'), moment('2026-01-06T07:00Z')];
    const within = { kind: 'within-count', keep: 1 };
    const beyond = { kind: 'beyond-count', keep: 1 };
    const pointId = 'simulated-2';
    const tuesdays = [
      {
        kind: 'snapshot-set',
        target: null,
        takenAt: tuesday,
        reasons: [within, { kind: 'cbt-base', pointId }],
      },
      {
        kind: 'replica',
        target,
        takenAt: tuesday,
        reasons: [within, { kind: 'replica-base', volumeIds: ['vol-simulated'] }],
      },
      {
        kind: 'restore-point',
        target: null,
        takenAt: tuesday,
        reasons: [within, { kind: 'parent-point' }],
      },
    ];

    it('its sessions, what they removed and why, and what there is at its end and why', () => {
      const [, day] = simulate(policy, 2);
      assert.deepEqual(day, {
        date: '2026-01-06',
        sessions: [{ number: 2, startedAt: tuesday, scope: 'image-level', outcome: 'succeeded' }],
        maintenance: [],
        removed: ['snapshot-set', 'replica', 'restore-point'].map((kind) => ({
          ...{ kind, target: kind === 'replica' ? target : null },
          ...{ takenAt: monday, reasons: [beyond] },
        })),
        chain: tuesdays,
      });
    });

    it('that points are kept which others need, where the format says so', () => {
      const [, day] = simulate(policy, 2, { pointDependency: 'needs-parent' });
      assert.deepEqual(
        day?.chain.filter(({ takenAt }) => takenAt === monday),
        [
          {
            kind: 'restore-point',
            target: null,
            takenAt: monday,
            reasons: [{ kind: 'needed-by', pointId }],
          },
        ],
      );
    });

    it('what a session leaves that fails: the base and the point that there were, its own set and its copy', () => {
      const [first, day] = simulate(policy, 2, { failing: new Set([2]) });
      assert.ok(first !== undefined && day !== undefined);
      assert.deepEqual(day.removed, [
        { kind: 'replica', target, takenAt: monday, reasons: [beyond] },
      ]);
      assert.deepEqual(
        day.chain.map(({ kind, takenAt }) => [kind, takenAt]),
        [
          ['snapshot-set', monday],
          ['restore-point', monday],
          ['snapshot-set', tuesday],
          ['replica', tuesday],
        ],
      );
    });

    it('nothing that the rules keep no more, also when the session fails', () => {
      const [, day] = simulate(
        { ...policy, replicas: [], image: { ...policy.image, level: 'off' } },
        2,
        { failing: new Set([2]) },
      );
      assert.deepEqual(day?.chain, [
        { kind: 'snapshot-set', target: null, takenAt: tuesday, reasons: [within] },
      ]);
    });

    it('what was removed, the oldest first, whatever it is', () => {
      const { schedules } = byAge.image;
      const days = simulate({ ...policy, replicas: [], image: { ...policy.image, schedules } }, 5);
      assert.deepEqual(
        days.at(-1)?.removed.map(({ kind, takenAt }) => [kind, takenAt]),
        [
          ['snapshot-set', monday],
          ['restore-point', monday],
          ['snapshot-set', moment('2026-01-08T07:00Z')],
        ],
      );
    });

    it('nothing, when the schedule never occurs', () => {
      const never = { kind: 'cron', expression: '0 0 31 2 *' } as const;
      const snapshots = { ...policy.snapshots, schedules: [never] };
      assert.deepEqual(simulate({ ...policy, snapshots }, 5), []);
    });

    it('the sessions of the whole day, in the time zone of the policy', () => {
      const hourly = { kind: 'hourly', everyHours: 12, minute: 0 } as const;
      const snapshots = { ...policy.snapshots, schedules: [hourly] };
      const days = simulate({ ...policy, snapshots, timeZone: 'America/New_York' }, 1);
      assert.deepEqual(
        days.map(({ date, sessions }) => [date, sessions.map(({ number }) => number)]),
        [['2026-01-05', [1, 2]]],
      );
      const [day] = days;
      assert.deepEqual(
        day?.removed.map(({ kind }) => kind),
        ['snapshot-set', 'replica', 'restore-point'],
      );
      assert.equal(day.chain.length, 3);
    });

    it('until the last moment, which is one of it', () => {
      const until = moment('2026-01-06T07:00Z');
      assert.equal(simulate(policy, 9, { until }).length, 2);
      assert.equal(simulate(policy, 9, { until: moment('2026-01-06T06:59Z') }).length, 1);
    });
  });

  describe('with days on which nothing is backed up', () => {
    const mondays = { kind: 'weekly', weekdays: [1], hour: 7, minute: 0 } as const;
    const twoDays = { count: null, age: { amount: 2, unit: 'days' }, gfs: null } as const;
    const weekly: BackupPolicy = {
      ...samplePolicy({ image: 'off' }),
      snapshots: { ...usual.snapshots, schedules: [mondays], retention: twoDays },
    };
    const monday = moment('2026-01-05T07:00Z');
    const inWords = (days: readonly SimulatedDay[]): readonly string[] =>
      days.map(({ date, sessions, maintenance, removed, chain }) =>
        [
          date,
          ...sessions.map(({ number }) => `session ${number}`),
          ...maintenance.map(
            ({ startedAt }) => `maintenance ${new Date(startedAt).toISOString().slice(11, 16)}`,
          ),
          ...removed.map(({ kind }) => `- ${kind}`),
          ...chain.map(({ kind }) => `+ ${kind}`),
        ].join(' '),
      );

    it('is maintained as soon as time lets something go, and not before', () => {
      assert.deepEqual(inWords(simulate(weekly, 9)), [
        '2026-01-05 session 1 + snapshot-set',
        '2026-01-07 maintenance 07:00 - snapshot-set',
        '2026-01-12 session 2 + snapshot-set',
      ]);
    });

    it('says of maintenance what it removed and why, like of a session', () => {
      const [, day] = simulate(weekly, 5);
      assert.deepEqual(day, {
        date: '2026-01-07',
        sessions: [],
        maintenance: [{ startedAt: moment('2026-01-07T07:00Z') }],
        removed: [
          {
            kind: 'snapshot-set',
            target: null,
            takenAt: monday,
            reasons: [{ kind: 'expired', age: { amount: 2, unit: 'days' } }],
          },
        ],
        chain: [],
      });
    });

    it('is maintained up to the last moment, which is one of it, also when no session comes any more', () => {
      const once = { kind: 'cron', expression: '0 7 5 1 1' } as const;
      const policy = {
        ...weekly,
        snapshots: { ...weekly.snapshots, schedules: [once] },
      };
      const until = moment('2026-01-07T07:00Z');
      assert.equal(simulate(policy, 0, { until }).length, 2);
      assert.equal(simulate(policy, 0, { until: moment('2026-01-07T06:59Z') }).length, 1);
    });

    it('is not maintained within 25 hours of the last retention', () => {
      const eachAt = (minute: number): BackupPolicy => ({
        ...weekly,
        snapshots: {
          ...weekly.snapshots,
          schedules: [mondays, { ...mondays, weekdays: [2], hour: 8, minute }],
          retention: { ...twoDays, age: { amount: 1, unit: 'days' } },
        },
      });
      assert.deepEqual(inWords(simulate(eachAt(0), 2)), [
        '2026-01-05 session 1 + snapshot-set',
        '2026-01-06 session 2 - snapshot-set + snapshot-set',
      ]);
      assert.deepEqual(inWords(simulate(eachAt(1), 2)), [
        '2026-01-05 session 1 + snapshot-set',
        '2026-01-06 session 2 maintenance 08:00 - snapshot-set + snapshot-set',
      ]);
    });

    it('leaves to a session what is due together with it', () => {
      const wednesdays = { ...mondays, weekdays: [3] };
      const policy = {
        ...weekly,
        snapshots: { ...weekly.snapshots, schedules: [mondays, wednesdays] },
      };
      assert.deepEqual(inWords(simulate(policy, 4)), [
        '2026-01-05 session 1 + snapshot-set',
        '2026-01-07 session 2 - snapshot-set + snapshot-set',
      ]);
    });

    it('is maintained when the window of the policy is open', () => {
      const window = {
        weekdays: [1, 4],
        from: { hour: 6, minute: 30 },
        to: { hour: 8, minute: 0 },
      };
      assert.deepEqual(inWords(simulate({ ...weekly, window }, 5)), [
        '2026-01-05 session 1 + snapshot-set',
        '2026-01-08 maintenance 06:30 - snapshot-set',
      ]);
    });

    it('keeps in maintenance what is pinned: the CBT base, the newest copy and the newest point', () => {
      const target = { region: sampleIds.region('eu-west-1'), keyId: null, account: null };
      const policy: BackupPolicy = {
        ...samplePolicy(),
        snapshots: { ...weekly.snapshots },
        replicas: [{ target, schedules: [], retention: twoDays }],
        image: { ...usual.image, retention: twoDays },
      };
      assert.deepEqual(inWords(simulate(policy, 11)), [
        '2026-01-05 session 1 + snapshot-set + replica + restore-point',
        '2026-01-12 session 2 - snapshot-set - replica - restore-point + snapshot-set + replica + restore-point',
      ]);
    });

    it('is maintained again when the next thing goes', () => {
      const flags = {
        ...{ daily: null, monthly: null, yearly: null },
        ...{ hour: 0, minute: 0, weekday: 1, monthDay: 1, month: 1 },
        weekly: { kind: 'period', period: { amount: 4, unit: 'days' } },
      } as const;
      const policy: BackupPolicy = {
        ...weekly,
        snapshots: {
          ...weekly.snapshots,
          schedules: [mondays, { ...mondays, hour: 9 }],
          retention: { ...twoDays, gfs: flags },
        },
      };
      assert.deepEqual(inWords(simulate(policy, 6)), [
        '2026-01-05 session 1 session 2 + snapshot-set + snapshot-set',
        '2026-01-07 maintenance 09:00 - snapshot-set + snapshot-set',
        '2026-01-09 maintenance 07:00 - snapshot-set',
      ]);
    });
  });

  describe('at a time that a change of the clock skips', () => {
    // In Berlin 2:00 to 3:00 was skipped on Sunday 29 March 2026.
    const noFlags = { daily: null, weekly: null, monthly: null, yearly: null } as const;
    const at230 = { hour: 2, minute: 30, weekday: 7, monthDay: 1, month: 1 } as const;
    const all = { kind: 'count', count: 30 } as const;
    const policies = {
      weekly: { kind: 'weekly', weekdays: [7], hour: 2, minute: 30 },
      daily: { kind: 'daily', hour: 2, minute: 30 },
    } as const;
    for (const [flag, schedule] of Object.entries(policies)) {
      it(`keeps the ${flag} set, like any other, by its flag`, () => {
        const gfs = { ...noFlags, ...at230, [flag]: all };
        const retention = { count: null, age: null, gfs };
        const policy: BackupPolicy = {
          ...samplePolicy({ image: 'off' }),
          timeZone: 'Europe/Berlin',
          snapshots: { ...usual.snapshots, schedules: [schedule], retention },
        };
        const from = moment('2026-03-13T00:00Z');
        const days = simulate(policy, 0, { from, until: moment('2026-04-07T00:00Z') });
        const taken = days.flatMap(({ sessions }) => sessions.map(({ startedAt }) => startedAt));
        assert.ok(taken.includes(moment('2026-03-29T01:00Z')));
        assert.deepEqual(
          days.at(-1)?.chain.map(({ takenAt }) => takenAt),
          taken,
        );
      });
    }
  });

  it('makes image-level sessions by the policy where nothing else is told, and none where it has none', () => {
    const scopes = (policy: BackupPolicy, imageEvery: number | null): readonly unknown[] =>
      simulate(policy, 3, { imageEvery }).map(({ sessions }) => sessions[0]?.scope);
    const off = { ...byAge, image: { ...byAge.image, level: 'off' } } as const;
    assert.deepEqual(scopes(byAge, null), ['image-level', 'snapshot-only', 'snapshot-only']);
    assert.deepEqual(scopes(off, 1), ['snapshot-only', 'snapshot-only', 'snapshot-only']);
  });

  it('refuses a policy of which nothing happens by itself', () => {
    assert.throws(() => simulate(usual, 3), {
      code: 'INVALID_ARGUMENT',
      message: /'nightly' has no schedules/,
      remedy: /Give it schedules/,
    });
  });

  it('refuses what would take for ever', () => {
    const snapshots = {
      ...usual.snapshots,
      schedules: [{ kind: 'cron', expression: '* * * * *' } as const],
    };
    const policy = { ...samplePolicy({ image: 'off' }), snapshots };
    assert.throws(() => simulate(policy, 30), {
      code: 'LIMIT_EXCEEDED',
      message: /more than 10000 sessions/,
      remedy: /shorter/,
    });
  });
});
