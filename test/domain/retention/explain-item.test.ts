import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { initialInstance } from '../../../src/domain/instance/instance-state.ts';
import { explainItem } from '../../../src/domain/retention/explain-item.ts';
import type { Explanation } from '../../../src/domain/retention/explanation.ts';
import { planRetention } from '../../../src/domain/retention/plan-retention.ts';
import type { ItemRef } from '../../../src/domain/retention/retention-plan.ts';
import type { RetentionSettings } from '../../../src/domain/retention/retention-settings.ts';
import { noted, type NotedSession } from '../../../src/verification/noted-session.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import {
  circumstancesOf,
  daily,
  image,
  keepNewest,
  onDay,
  type Planned,
  plannedPolicy,
  west,
} from '../../support/domain/planned-retention.ts';
import { known } from '../../../src/domain/sensitive/sensitive.ts';

const set = (number: number): ItemRef => ({ kind: 'snapshot-set', id: noted.set(number) });
const point = (number: number): ItemRef => ({ kind: 'restore-point', id: noted.session(number) });

function explain(
  item: ItemRef,
  sessions: readonly NotedSession[],
  planned: Planned = {},
): Explanation | null {
  const circumstances = circumstancesOf(sessions, planned);
  return explainItem(circumstances, planRetention(circumstances), item);
}

/** What would end each reason for which an item stays. */
function releases(explanation: Explanation | null): readonly object[] {
  assert.ok(explanation?.state === 'stays');
  return explanation.reasons.map(({ release }) => release);
}

const sets = (settings: Partial<RetentionSettings>): Planned => ({
  policy: plannedPolicy({ sets: { count: null, age: null, gfs: null, ...settings } }),
});

describe('why an item is there', () => {
  it('by count: until so many newer ones are there', () => {
    const three = sets({ count: 3 });
    assert.deepEqual(releases(explain(set(0), daily({}, {}), three)), [
      { kind: 'newer-items', count: 2 },
    ]);
    assert.deepEqual(releases(explain(set(1), daily({}, {}), three)), [
      { kind: 'newer-items', count: 3 },
    ]);
  });

  it('by age: until a day', () => {
    const explanation = explain(set(0), daily({}, {}), sets({ age: { amount: 5, unit: 'days' } }));
    assert.deepEqual(releases(explanation), [{ kind: 'time', at: onDay(6) }]);
    assert.ok(explanation?.state === 'stays');
    assert.equal(explanation.until, onDay(6));
  });

  it('by several reasons: until the last one is over, if time alone ends them', () => {
    const age = { amount: 5, unit: 'days' } as const;
    const hold = { kind: 'lock', until: onDay(20) } as const;
    const placed = { holdId: sampleIds.hold('one'), item: set(0), hold, placedAt: onDay(1) };
    const instance = { ...initialInstance, holds: [placed] };
    const locked = explain(set(0), daily({}), { ...sets({ age }), instance });
    assert.ok(locked?.state === 'stays');
    assert.equal(locked.until, onDay(20));
    const counted = explain(set(0), daily({}), { ...sets({ age, count: 1 }), instance });
    assert.ok(counted?.state === 'stays');
    assert.equal(counted.until, null);
  });

  it('by flags: until newer periods have an item, or until a day', () => {
    const gfs = {
      daily: { kind: 'count', count: 4 },
      weekly: { kind: 'period', period: { amount: 2, unit: 'weeks' } },
      monthly: null,
      yearly: null,
      hour: 0,
      minute: 0,
      weekday: 1,
      monthDay: 1,
      month: 1,
    } as const;
    assert.deepEqual(releases(explain(set(0), daily({}, {}, {}), sets({ gfs }))), [
      { kind: 'newer-periods', flag: 'daily', count: 2 },
      { kind: 'time', at: onDay(15) },
    ]);
  });

  it('as the base, as the parent, or because another needs it', () => {
    const policy = plannedPolicy({ sets: keepNewest(0), points: keepNewest(1) });
    const sessions = daily(image, { ...image, parent: 0 });
    const planned: Planned = { policy, pointDependency: 'needs-parent' };
    assert.deepEqual(releases(explain(set(1), sessions, planned)), [{ kind: 'next-point' }]);
    assert.deepEqual(releases(explain(point(0), sessions, planned)), [
      { kind: 'point-removed', pointId: 'p1' },
    ]);
    assert.deepEqual(releases(explain(point(1), sessions, planned)), [
      { kind: 'newer-items', count: 1 },
      { kind: 'next-point' },
    ]);
  });

  it('as a replica that the next copy needs', () => {
    const replicas = [{ target: west, schedules: [], retention: keepNewest(2) }];
    const copied = { replicas: [{ target: west, state: 'completed' } as const] };
    const replica: ItemRef = { kind: 'replica', id: noted.replica(0, 'west') };
    const policy = plannedPolicy({ replicas });
    assert.deepEqual(releases(explain(replica, daily(copied), { policy })), [
      { kind: 'newer-items', count: 2 },
      { kind: 'next-replica' },
    ]);
  });

  it('under a hold: until it is released, with what was noted', () => {
    const hold = { kind: 'legal-hold', note: known('case 4711') } as const;
    const placed = { holdId: sampleIds.hold('one'), item: set(0), hold, placedAt: onDay(1) };
    const instance = { ...initialInstance, holds: [placed] };
    assert.deepEqual(releases(explain(set(0), daily({}, {}), { instance })), [
      { kind: 'hold-released', holdId: 'hold-one', note: known('case 4711') },
    ]);
  });

  it('made by hand or obsolete: until its expiry, or until settings change', () => {
    const byHand = (expiresAt: ReturnType<typeof onDay> | null) =>
      daily({ origin: { kind: 'manual', expiresAt } });
    assert.deepEqual(releases(explain(set(0), byHand(onDay(9)))), [{ kind: 'time', at: onDay(9) }]);
    assert.deepEqual(releases(explain(set(0), byHand(null))), [{ kind: 'changed-settings' }]);
    const never = explain(set(0), daily({}), { policy: null });
    assert.deepEqual(releases(never), [{ kind: 'changed-settings' }]);
    const obsolete = { kind: 'after', period: { amount: 2, unit: 'weeks' } } as const;
    const later = explain(set(0), daily({}), { policy: null, obsolete });
    assert.deepEqual(releases(later), [{ kind: 'time', at: onDay(15) }]);
  });

  it('by count of its own chain: newer ones in other targets, or outside of the chain, do not count', () => {
    const east = { region: sampleIds.region('east'), keyId: null, account: null };
    const replicas = [west, east].map((target) => ({
      ...{ target, schedules: [], retention: keepNewest(3) },
    }));
    const to = (...targets: readonly (typeof west)[]): Partial<NotedSession> => ({
      replicas: targets.map((target) => ({ target, state: 'completed' })),
    });
    const copies = daily(to(west, east), to(east), to(west, east), to(east));
    const policy = plannedPolicy({ replicas });
    const replica = (number: number, region: string): ItemRef => ({
      ...{ kind: 'replica', id: noted.replica(number, region) },
    });
    assert.deepEqual(releases(explain(replica(0, 'west'), copies, { policy })), [
      { kind: 'newer-items', count: 2 },
    ]);
    assert.deepEqual(releases(explain(replica(2, 'east'), copies, { policy })), [
      { kind: 'newer-items', count: 2 },
    ]);

    const byHand = { origin: { kind: 'manual', expiresAt: null } } as const;
    const torn = { set: 'torn', status: 'failed' } as const;
    const sessions = daily({}, byHand, {}, torn);
    assert.deepEqual(releases(explain(set(0), sessions, sets({ count: 3 }))), [
      { kind: 'newer-items', count: 2 },
    ]);
  });

  it('by count of points: those that left the chain do not count', () => {
    const policy = plannedPolicy({ points: keepNewest(4), level: 'off' });
    const sessions = daily(image, image, image, image, { ...image, expiredPoints: [2] });
    assert.deepEqual(releases(explain(point(1), sessions, { policy })), [
      { kind: 'newer-items', count: 2 },
    ]);
  });

  it('by count, whatever the order in which the history lists the items', () => {
    const circumstances = circumstancesOf(daily({}, {}, {}), sets({ count: 3 }));
    const { history } = circumstances;
    const listed = { ...circumstances, history: { ...history, sets: history.sets.toReversed() } };
    assert.deepEqual(releases(explainItem(listed, planRetention(listed), set(0))), [
      { kind: 'newer-items', count: 1 },
    ]);
  });

  it('by two ends in time: until the later one, whichever is told first', () => {
    const hold = { kind: 'lock', until: onDay(3) } as const;
    const placed = { holdId: sampleIds.hold('one'), item: set(0), hold, placedAt: onDay(1) };
    const age = { amount: 9, unit: 'days' } as const;
    const instance = { ...initialInstance, holds: [placed] };
    const explanation = explain(set(0), daily({}), { ...sets({ age }), instance });
    assert.ok(explanation?.state === 'stays');
    assert.equal(explanation.until, onDay(10));
  });

  it('by flags of points and of replicas, as their own rules say', () => {
    const flags = (weeks: number): RetentionSettings => ({
      count: null,
      age: null,
      gfs: {
        ...{ daily: null, monthly: null, yearly: null },
        weekly: { kind: 'period', period: { amount: weeks, unit: 'weeks' } },
        ...{ hour: 0, minute: 0, weekday: 1, monthDay: 1, month: 1 },
      },
    });
    const policy = plannedPolicy({
      ...{ points: flags(1), level: 'off' },
      replicas: [{ target: west, schedules: [], retention: flags(3) }],
    });
    const sessions = daily({ ...image, replicas: [{ target: west, state: 'completed' }] }, {});
    assert.deepEqual(releases(explain(point(0), sessions, { policy })), [
      { kind: 'time', at: onDay(8) },
    ]);
    const replica: ItemRef = { kind: 'replica', id: noted.replica(0, 'west') };
    assert.deepEqual(releases(explain(replica, sessions, { policy })).slice(0, 1), [
      { kind: 'time', at: onDay(22) },
    ]);
  });

  it('by no policy, whatever its kind: until settings change', () => {
    const sessions = daily({ ...image, replicas: [{ target: west, state: 'completed' }] });
    const replica: ItemRef = { kind: 'replica', id: noted.replica(0, 'west') };
    for (const item of [set(0), point(0), replica]) {
      assert.deepEqual(releases(explain(item, sessions, { policy: null })), [
        { kind: 'changed-settings' },
      ]);
    }
  });

  it('in use: until the session ends', () => {
    const explanation = explain(set(1), daily({}, { status: 'running' }), sets({ count: 0 }));
    assert.deepEqual(releases(explanation), [{ kind: 'session-ended', sessionId: 'p1' }]);
  });
});

describe('why an item is not there, or not for long', () => {
  it('goes with the next retention', () => {
    const explanation = explain(set(0), daily({}, {}));
    assert.deepEqual(explanation, {
      state: 'goes',
      takenAt: onDay(1),
      reasons: [{ kind: 'beyond-count', keep: 1 }],
    });
  });

  it('goes for its own reasons, whatever else goes', () => {
    const policy = plannedPolicy({ sets: keepNewest(1), points: keepNewest(1) });
    const sessions = daily(image, {}, image, {});
    const reasonsOf = (item: ItemRef): unknown => {
      const explanation = explain(item, sessions, { policy });
      assert.ok(explanation?.state === 'goes');
      return [explanation.takenAt, explanation.reasons];
    };
    const beyond = [{ kind: 'beyond-count', keep: 1 }];
    assert.deepEqual(reasonsOf(set(0)), [onDay(1), beyond]);
    assert.deepEqual(reasonsOf(set(1)), [onDay(2), beyond]);
  });

  it('leaves the chain now, and nothing holds it', () => {
    const policy = plannedPolicy({ points: keepNewest(1) });
    const sessions = daily(image, image, image);
    for (const number of [0, 1]) {
      assert.deepEqual(explain(point(number), sessions, { policy }), {
        state: 'expired',
        takenAt: onDay(number + 1),
        expiredAt: null,
        reasons: [{ kind: 'beyond-count', keep: 1 }],
        held: [],
        until: null,
      });
    }
  });

  it('left the chain, and is held', () => {
    const hold = { kind: 'lock', until: onDay(9) } as const;
    const placed = { holdId: sampleIds.hold('one'), item: point(0), hold, placedAt: onDay(1) };
    const explanation = explain(point(0), daily(image, { ...image, expiredPoints: [0] }), {
      instance: { ...initialInstance, holds: [placed] },
    });
    assert.ok(explanation?.state === 'expired');
    assert.equal(explanation.expiredAt, onDay(2));
    assert.equal(explanation.until, onDay(9));
    assert.deepEqual(explanation.reasons, [{ kind: 'beyond-count', keep: 1 }]);
  });

  it('was removed: by which session, when, and why', () => {
    const circumstances = circumstancesOf(daily({}, {}));
    const gone = {
      item: set(7),
      takenAt: onDay(1),
      removedBy: noted.session(1),
      decidedAt: onDay(2),
      reasons: [{ kind: 'nothing-kept' }],
    } as const;
    const history = { ...circumstances.history, gone: [gone] };
    const plan = planRetention(circumstances);
    assert.deepEqual(explainItem({ ...circumstances, history }, plan, set(7)), {
      state: 'removed',
      takenAt: onDay(1),
      removedBy: 'p1',
      decidedAt: onDay(2),
      reasons: gone.reasons,
    });
  });

  it('is not told by a plan of other circumstances', () => {
    const circumstances = circumstancesOf(daily({}, {}));
    const other = planRetention(circumstancesOf([]));
    assert.throws(() => explainItem(circumstances, other, set(0)), { code: 'INTERNAL' });
  });

  it('was never there', () => {
    for (const item of [
      set(9),
      point(0),
      { kind: 'replica', id: noted.replica(0, 'x') } as const,
    ]) {
      assert.equal(explain(item, daily({}, {})), null);
    }
  });
});
