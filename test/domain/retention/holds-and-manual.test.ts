import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Hold } from '../../../src/domain/instance/hold.ts';
import {
  initialInstance,
  type InstanceState,
} from '../../../src/domain/instance/instance-state.ts';
import { type ItemRef, removalsOf } from '../../../src/domain/retention/retention-plan.ts';
import { noted } from '../../../src/verification/noted-session.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import {
  daily,
  image,
  inWords,
  keepNewest,
  onDay,
  planOfSessions,
  plannedPolicy,
} from '../../support/domain/planned-retention.ts';
import { recordHold } from '../../../src/domain/instance/hold.ts';

const set = (number: number): ItemRef => ({ kind: 'snapshot-set', id: noted.set(number) });

function held(item: ItemRef, ...holds: readonly Hold[]): InstanceState {
  const placed = holds.map((hold, index) => ({
    holdId: sampleIds.hold(index),
    item,
    hold: recordHold(hold),
    placedAt: onDay(1),
  }));
  return { ...initialInstance, holds: placed };
}

const byHand = (expiresAt: ReturnType<typeof onDay> | null) =>
  ({ origin: { kind: 'manual', expiresAt } }) as const;

describe('a hold', () => {
  it('keeps a set beyond the count, and does not push another out', () => {
    const instance = held(set(0), { kind: 'legal-hold', note: 'case' });
    const plan = planOfSessions(daily({}, {}, {}), { instance });
    assert.deepEqual(inWords(plan.snapshots.keep), ['s0 legal-hold', 's2 within-count']);
  });

  it('that locks is over at its moment', () => {
    const instance = held(set(0), { kind: 'lock', until: onDay(5) });
    const before = planOfSessions(daily({}, {}), { instance, now: (onDay(5) - 1) as never });
    assert.deepEqual(inWords(before.snapshots.keep), ['s0 locked', 's1 within-count']);
    const then = planOfSessions(daily({}, {}), { instance, now: onDay(5) });
    assert.deepEqual(inWords(then.snapshots.remove), ['s0 beyond-count']);
  });

  it('is a reason of its own, each', () => {
    const instance = held(
      set(0),
      { kind: 'legal-hold', note: '' },
      { kind: 'lock', until: onDay(9) },
    );
    const plan = planOfSessions(daily({}, {}), { instance });
    assert.equal(inWords(plan.snapshots.keep)[0], 's0 legal-hold locked');
  });

  it('keeps also what is incomplete', () => {
    const instance = held(set(0), { kind: 'legal-hold', note: '' });
    const plan = planOfSessions(daily({ set: 'torn', status: 'failed' }, {}), { instance });
    assert.deepEqual(inWords(plan.snapshots.keep), ['s0 legal-hold', 's1 within-count']);
  });

  it('is about one kind of item: one on a set does not hold its point', () => {
    const policy = plannedPolicy({ points: keepNewest(1) });
    const instance = held(set(0), { kind: 'legal-hold', note: '' });
    const plan = planOfSessions(daily(image, image), { policy, instance });
    assert.deepEqual(plan.points.expire[0]?.held, []);
  });
});

describe('what was made by hand', () => {
  it('is outside of the chain: no policy removes it, and it takes no place', () => {
    const plan = planOfSessions(daily({}, byHand(null), byHand(null), {}));
    assert.deepEqual(inWords(plan.snapshots.keep), ['s1 manual', 's2 manual', 's3 within-count']);
    assert.deepEqual(inWords(plan.snapshots.remove), ['s0 beyond-count']);
  });

  it('goes at its own expiry, with or without a policy', () => {
    const sessions = daily(byHand(onDay(5)), {});
    for (const policy of [plannedPolicy(), null]) {
      const before = planOfSessions(sessions, { policy, now: (onDay(5) - 1) as never });
      assert.equal(inWords(before.snapshots.keep)[0], 's0 manual');
      const then = planOfSessions(sessions, { policy, now: onDay(5) });
      assert.deepEqual(inWords(then.snapshots.remove), ['s0 manual-expired']);
    }
  });

  it('goes at the expiry that was set last', () => {
    const expiring = (expiresAt: ReturnType<typeof onDay> | null): readonly string[] => {
      const instance = { ...initialInstance, expiries: [{ item: set(0), expiresAt }] };
      const plan = planOfSessions(daily(byHand(onDay(1)), {}), { instance, now: onDay(3) });
      return inWords(plan.snapshots.remove);
    };
    assert.deepEqual(expiring(null), []);
    assert.deepEqual(expiring(onDay(4)), []);
    assert.deepEqual(expiring(onDay(3)), ['s0 manual-expired']);
  });

  it('goes at its own expiry and not before, also when it is incomplete', () => {
    const torn = { ...byHand(null), set: 'torn', status: 'failed' } as const;
    const planned = (expiresAt: ReturnType<typeof onDay> | null) => {
      const instance = { ...initialInstance, expiries: [{ item: set(0), expiresAt }] };
      return planOfSessions(daily(torn, {}), { instance, now: onDay(3) }).snapshots;
    };
    assert.deepEqual(inWords(planOfSessions(daily(torn)).snapshots.keep), ['s0 manual']);
    for (const toCome of [null, onDay(4)]) {
      assert.equal(inWords(planned(toCome).keep)[0], 's0 manual');
      assert.deepEqual(planned(toCome).remove, []);
    }
    assert.deepEqual(inWords(planned(onDay(3)).remove), ['s0 manual-expired']);
  });

  it('is not deleted when its expiry is put off after it has left the chain', () => {
    const point = { kind: 'restore-point', id: noted.session(0) } as const;
    const sessions = daily({ ...byHand(onDay(1)), ...image }, { expiredPoints: [0] }, image);
    const planned = (expiresAt: ReturnType<typeof onDay> | null) => {
      const instance = { ...initialInstance, expiries: [{ item: point, expiresAt }] };
      return planOfSessions(sessions, { instance, now: onDay(3) });
    };
    assert.deepEqual(planned(null).points.expire[0]?.held, [{ kind: 'manual' }]);
    assert.deepEqual(
      removalsOf(planned(null)).filter(({ id }) => id === point.id),
      [],
    );
    assert.deepEqual(planned(onDay(3)).points.expire[0]?.held, []);
    assert.equal(removalsOf(planned(onDay(3))).filter(({ id }) => id === point.id).length, 1);
  });

  it('is never obsolete', () => {
    const obsolete = { kind: 'after', period: { amount: 1, unit: 'days' } } as const;
    const plan = planOfSessions(daily(byHand(null), {}), {
      policy: null,
      obsolete,
      now: onDay(99),
    });
    assert.deepEqual(inWords(plan.snapshots.keep), ['s0 manual']);
    assert.deepEqual(inWords(plan.snapshots.remove), ['s1 obsolete']);
  });

  it('takes nobody its flag', () => {
    const sets = {
      count: null,
      age: null,
      gfs: {
        daily: { kind: 'count', count: 1 },
        weekly: null,
        monthly: null,
        yearly: null,
        hour: 0,
        minute: 0,
        weekday: 1,
        monthDay: 1,
        month: 1,
      },
    } as const;
    const sessions = daily(byHand(null), { takenAt: onDay(1) });
    const plan = planOfSessions(sessions, { policy: plannedPolicy({ sets }) });
    assert.deepEqual(inWords(plan.snapshots.keep), ['s0 manual', 's1 gfs-daily']);
  });

  it('covers points and replicas of the session as well', () => {
    const replicas = [
      { target: { region: noted.region('west'), keyId: null, account: null }, state: 'completed' },
    ] as const;
    const plan = planOfSessions(daily({ ...byHand(null), ...image, replicas }), { policy: null });
    assert.deepEqual(inWords(plan.replicas.keep), ['r0-west manual']);
    assert.deepEqual(inWords(plan.points.keep), ['p0 manual']);
  });
});

describe('obsolete items', () => {
  it('stay for ever by default, and go at the age that the setting says', () => {
    const sessions = daily({}, image);
    const never = planOfSessions(sessions, { policy: null, now: onDay(9_999) });
    assert.deepEqual(inWords(never.snapshots.keep), ['s0 no-policy', 's1 no-policy']);
    const obsolete = { kind: 'after', period: { amount: 1, unit: 'months' } } as const;
    const plan = planOfSessions(sessions, { policy: null, obsolete, now: onDay(32) });
    assert.deepEqual(inWords(plan.snapshots.remove), ['s0 obsolete']);
    assert.deepEqual(inWords(plan.points.keep), ['p1 no-policy']);
  });

  it('that are incomplete go at once', () => {
    const plan = planOfSessions(daily({ set: 'torn', status: 'failed' }), { policy: null });
    assert.deepEqual(inWords(plan.snapshots.remove), ['s0 incomplete']);
  });
});
