import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceHistory } from '../../../src/domain/retention/instance-history.ts';
import { planSnapshots } from '../../../src/domain/retention/plan-snapshots.ts';
import type { ChainPlan } from '../../../src/domain/retention/retention-plan.ts';
import type { SessionId, SnapshotSetId } from '../../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import { keepObsolete } from '../../../src/domain/retention/obsolete-rule.ts';
import type { SamplePolicyOptions } from '../../support/domain/sample-policy.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { historyOf, type ToldSession } from '../../support/domain/told-sessions.ts';

/** One session of a day: when it ran, what it removed, what stayed. Hours of the day. */
interface Row {
  readonly at: number;
  readonly kind: 'snapshot' | 'image';
  readonly removes: readonly number[];
  readonly leaves: readonly number[];
  readonly base: number;
}

function snapshotPlan(
  history: InstanceHistory,
  policy: BackupPolicy,
  during: SessionId | null,
): ChainPlan<SnapshotSetId> {
  return planSnapshots({
    history,
    policy,
    obsolete: keepObsolete,
    pointDependency: 'independent',
    during,
    now: atHour(24),
  });
}

/** Runs one session after the other, each with the retention that the policy asks for. */
function follow(options: SamplePolicyOptions, rows: readonly Row[]): void {
  const policy = samplePolicy(options);
  const before: ToldSession[] = [];
  for (const { at, kind, removes, leaves, base } of rows) {
    const image = kind === 'image' ? 'point' : 'no-point';
    const current: ToldSession = { name: at, takenAtHour: at, status: 'running', image };
    const history = historyOf(...before, current);
    const { keep, remove } = snapshotPlan(history, policy, sampleIds.session(at));

    const when = `at ${at} h`;
    assert.deepEqual(
      remove.map(({ id }) => id),
      removes.map(sampleIds.set),
      `removed ${when}`,
    );
    assert.deepEqual(
      keep.map(({ id }) => id),
      leaves.map(sampleIds.set),
      `left ${when}`,
    );
    const bases = keep.filter(({ reasons }) => reasons.some((one) => one.kind === 'cbt-base'));
    assert.ok(
      bases.some(({ id }) => id === sampleIds.set(base)),
      `the base ${when}`,
    );
    before.push({ ...current, status: 'succeeded', removed: removes });
  }
}

describe('the worked example of count: keep 2, image level at 7 h and 17 h', () => {
  it('removes the old base together with what it compared with, by default', () => {
    follow({ keep: 2, baseMoves: 'before-retention' }, [
      { at: 7, kind: 'image', removes: [], leaves: [7], base: 7 },
      { at: 9, kind: 'snapshot', removes: [], leaves: [7, 9], base: 7 },
      { at: 11, kind: 'snapshot', removes: [], leaves: [7, 9, 11], base: 7 },
      { at: 13, kind: 'snapshot', removes: [9], leaves: [7, 11, 13], base: 7 },
      { at: 15, kind: 'snapshot', removes: [11], leaves: [7, 13, 15], base: 7 },
      { at: 17, kind: 'image', removes: [7, 13], leaves: [15, 17], base: 17 },
    ]);
  });

  it('removes the old base one session later when the base moves after retention', () => {
    follow({ keep: 2, baseMoves: 'after-retention' }, [
      { at: 7, kind: 'image', removes: [], leaves: [7], base: 7 },
      { at: 9, kind: 'snapshot', removes: [], leaves: [7, 9], base: 7 },
      { at: 11, kind: 'snapshot', removes: [], leaves: [7, 9, 11], base: 7 },
      { at: 13, kind: 'snapshot', removes: [9], leaves: [7, 11, 13], base: 7 },
      { at: 15, kind: 'snapshot', removes: [11], leaves: [7, 13, 15], base: 7 },
      { at: 17, kind: 'image', removes: [13], leaves: [7, 15, 17], base: 7 },
      { at: 19, kind: 'snapshot', removes: [7, 15], leaves: [17, 19], base: 17 },
    ]);
  });

  it('says why each set stays and why each goes', () => {
    const history = historyOf(
      { name: 7, takenAtHour: 7, image: 'point' },
      { name: 9, takenAtHour: 9 },
      { name: 11, takenAtHour: 11 },
      { name: 13, takenAtHour: 13, status: 'running' },
    );
    assert.deepEqual(snapshotPlan(history, samplePolicy(), sampleIds.session(13)), {
      keep: [
        {
          id: sampleIds.set(7),
          takenAt: atHour(7),
          reasons: [{ kind: 'cbt-base', pointId: sampleIds.session(7) }],
        },
        {
          id: sampleIds.set(11),
          takenAt: atHour(11),
          reasons: [{ kind: 'within-count', keep: 2 }],
        },
        {
          id: sampleIds.set(13),
          takenAt: atHour(13),
          reasons: [{ kind: 'within-count', keep: 2 }],
        },
      ],
      remove: [
        {
          id: sampleIds.set(9),
          takenAt: atHour(9),
          reasons: [{ kind: 'beyond-count', keep: 2 }],
        },
      ],
    });
  });
});

/** One day of a week: what its session removed, and what stayed. Days of January 2026. */
interface Day {
  readonly day: number;
  readonly kind?: 'image';
  readonly removes: readonly number[];
  readonly leaves: readonly number[];
}

/** One session a day at 7:00, each with the retention of a policy that keeps two days. */
function followDays(baseMoves: SamplePolicyOptions['baseMoves'], days: readonly Day[]): void {
  const usual = samplePolicy(baseMoves === undefined ? {} : { baseMoves });
  const retention = { count: null, age: { amount: 2, unit: 'days' }, gfs: null } as const;
  const policy = { ...usual, snapshots: { ...usual.snapshots, retention } };
  const before: ToldSession[] = [];
  for (const { day, kind, removes, leaves } of days) {
    const takenAtHour = (day - monday) * 24 + 7;
    const image = kind === 'image' ? 'point' : 'no-point';
    const current: ToldSession = { name: day, takenAtHour, status: 'running', image };
    const { keep, remove } = planSnapshots({
      history: historyOf(...before, current),
      policy,
      obsolete: keepObsolete,
      pointDependency: 'independent',
      during: sampleIds.session(day),
      now: atHour(takenAtHour),
    });
    const ids = (items: readonly { readonly id: string }[]): readonly string[] =>
      items.map(({ id }) => id);
    assert.deepEqual(ids(remove), removes.map(sampleIds.set), `removed on the ${day}th`);
    assert.deepEqual(ids(keep), leaves.map(sampleIds.set), `left on the ${day}th`);
    before.push({ ...current, status: 'succeeded', removed: removes });
  }
}

/** The day of the samples, 5 January 2026, is a Monday. */
const [monday, tuesday, wednesday, thursday, friday, saturday] = [5, 6, 7, 8, 9, 10] as const;

describe('the worked example of age: keep 2 days, image level on Monday and Friday', () => {
  const untilThursday: readonly Day[] = [
    { day: monday, kind: 'image', removes: [], leaves: [monday] },
    { day: tuesday, removes: [], leaves: [monday, tuesday] },
    { day: wednesday, removes: [], leaves: [monday, tuesday, wednesday] },
    { day: thursday, removes: [tuesday], leaves: [monday, wednesday, thursday] },
  ];

  it('removes the old base one day later when the base moves after retention', () => {
    followDays('after-retention', [
      ...untilThursday,
      { day: friday, kind: 'image', removes: [wednesday], leaves: [monday, thursday, friday] },
      { day: saturday, removes: [monday, thursday], leaves: [friday, saturday] },
    ]);
  });

  it('removes the old base with the session that compared with it, by default', () => {
    followDays('before-retention', [
      ...untilThursday,
      { day: friday, kind: 'image', removes: [monday, wednesday], leaves: [thursday, friday] },
      { day: saturday, removes: [thursday], leaves: [friday, saturday] },
    ]);
  });
});

describe('retention beside the worked example', () => {
  const sevenToEleven = [
    { name: 7, takenAtHour: 7, image: 'point' },
    { name: 9, takenAtHour: 9 },
    { name: 11, takenAtHour: 11 },
  ] as const;
  const removedBy = (
    sessions: readonly ToldSession[],
    options: SamplePolicyOptions,
    during: number | null = null,
  ): readonly string[] => {
    const session = during === null ? null : sampleIds.session(during);
    const { remove } = snapshotPlan(historyOf(...sessions), samplePolicy(options), session);
    return remove.map(({ id }) => id);
  };

  it('pins no base when image-level backup is off', () => {
    assert.deepEqual(removedBy(sevenToEleven, { image: 'off' }), [sampleIds.set(7)]);
  });

  it('pins no base when changed block tracking is off', () => {
    const options = { changedBlockTracking: 'off' } as const;
    assert.deepEqual(removedBy(sevenToEleven, options), [sampleIds.set(7)]);
  });

  it('removes a set of its own session when the policy keeps none', () => {
    const sessions: readonly ToldSession[] = [
      { name: 7, takenAtHour: 7, status: 'running', image: 'point' },
    ];
    const options = { keep: 0, changedBlockTracking: 'off' } as const;
    assert.deepEqual(removedBy(sessions, options, 7), [sampleIds.set(7)]);
  });

  it('does not move the base for a session that failed after its snapshots', () => {
    const failed: ToldSession = { name: 13, takenAtHour: 13, status: 'failed' };
    assert.deepEqual(removedBy([...sevenToEleven, failed], {}), [sampleIds.set(9)]);
  });

  it('pins old base and new source while a session runs', () => {
    const sessions: readonly ToldSession[] = [
      ...sevenToEleven,
      { name: 13, takenAtHour: 13, status: 'running' },
    ];
    assert.deepEqual(removedBy(sessions, { keep: 1 }), [sampleIds.set(9), sampleIds.set(11)]);
  });

  it('lets an incomplete set go, and does not count it', () => {
    const sessions: readonly ToldSession[] = [
      { name: 7, takenAtHour: 7 },
      { name: 9, takenAtHour: 9 },
      { name: 11, takenAtHour: 11, status: 'failed', set: 'taken' },
    ];
    const { remove, keep } = snapshotPlan(historyOf(...sessions), samplePolicy(), null);
    assert.deepEqual(
      keep.map(({ id }) => id),
      [sampleIds.set(7), sampleIds.set(9)],
    );
    assert.deepEqual(
      remove.map(({ id, reasons }) => ({ id, reasons })),
      [{ id: sampleIds.set(11), reasons: [{ kind: 'incomplete' }] }],
    );
  });
});
