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
    const days = simulate(byAge, 5, { imageEvery: 2 });
    assert.deepEqual(
      days.map(({ sessions }) => sessions[0]?.scope),
      ['image-level', 'snapshot-only', 'image-level', 'snapshot-only', 'image-level'],
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

  it('refuses a policy of which nothing happens by itself', () => {
    assert.throws(() => simulate(usual, 3), { code: 'INVALID_ARGUMENT' });
  });

  it('refuses what would take for ever', () => {
    const snapshots = {
      ...usual.snapshots,
      schedules: [{ kind: 'cron', expression: '* * * * *' } as const],
    };
    const policy = { ...samplePolicy({ image: 'off' }), snapshots };
    assert.throws(() => simulate(policy, 30), { code: 'LIMIT_EXCEEDED' });
  });
});
