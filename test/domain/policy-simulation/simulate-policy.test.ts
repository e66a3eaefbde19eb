import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import {
  simulatePolicy,
  type SimulatedDay,
  type SimulationRequest,
} from '../../../src/domain/policy-simulation/simulate-policy.ts';
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
    const target = { region: sampleIds.region('eu-west-1'), keyId: null };
    const retention = { count: 1, age: null, gfs: null };
    const policy = { ...byAge, replicas: [{ target, schedules: [], retention }] };
    const replicas = simulate(policy, 4).map(
      ({ chain }) => chain.filter(({ kind }) => kind === 'replica').length,
    );
    assert.deepEqual(replicas, [1, 1, 1, 1]);
  });

  describe('tells of a day', () => {
    const target = { region: sampleIds.region('eu-west-1'), keyId: null };
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
        takenAt: tuesday,
        reasons: [within, { kind: 'cbt-base', pointId }],
      },
      {
        kind: 'replica',
        takenAt: tuesday,
        reasons: [within, { kind: 'replica-base', volumeIds: ['vol-simulated'] }],
      },
      { kind: 'restore-point', takenAt: tuesday, reasons: [within, { kind: 'parent-point' }] },
    ];

    it('its sessions, what they removed and why, and what there is at its end and why', () => {
      const [, day] = simulate(policy, 2);
      assert.deepEqual(day, {
        date: '2026-01-06',
        sessions: [{ number: 2, at: tuesday, scope: 'image-level', outcome: 'succeeded' }],
        removed: ['snapshot-set', 'replica', 'restore-point'].map((kind) => ({
          ...{ kind, takenAt: monday, reasons: [beyond] },
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
            takenAt: monday,
            reasons: [{ kind: 'needed-by', pointId }],
          },
        ],
      );
    });

    it('what a session leaves that fails: all that there was, and its own set', () => {
      const [first, day] = simulate(policy, 2, { failing: new Set([2]) });
      assert.ok(first !== undefined && day !== undefined);
      assert.deepEqual(day.removed, []);
      assert.deepEqual(
        day.chain.map(({ kind, takenAt }) => [kind, takenAt]),
        [
          ['snapshot-set', monday],
          ['replica', monday],
          ['restore-point', monday],
          ['snapshot-set', tuesday],
        ],
      );
    });

    it('nothing that the rules keep no more, also when the session fails', () => {
      const [, day] = simulate(
        { ...policy, replicas: [], image: { ...policy.image, level: 'off' } },
        2,
        { failing: new Set([2]) },
      );
      assert.deepEqual(day?.chain, [{ kind: 'snapshot-set', takenAt: tuesday, reasons: [within] }]);
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
