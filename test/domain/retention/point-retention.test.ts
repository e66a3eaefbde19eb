import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  initialInstance,
  type InstanceState,
} from '../../../src/domain/instance/instance-state.ts';
import type { Hold } from '../../../src/domain/instance/hold.ts';
import type { ItemRef, PointsPlan } from '../../../src/domain/retention/retention-plan.ts';
import { removalsOf } from '../../../src/domain/retention/retention-plan.ts';
import { noted } from '../../../src/verification/noted-session.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import {
  daily,
  image,
  inWords,
  keepNewest,
  onDay,
  type Planned,
  planOfSessions,
  plannedPolicy,
} from '../../support/domain/planned-retention.ts';
import { recordHold } from '../../../src/domain/instance/hold.ts';

const policy = plannedPolicy({ points: keepNewest(1) });
const held = (item: ItemRef, hold: Hold = { kind: 'legal-hold', note: '' }): InstanceState => ({
  ...initialInstance,
  holds: [{ holdId: sampleIds.hold('one'), item, hold: recordHold(hold), placedAt: onDay(1) }],
});
const point = (number: number): ItemRef => ({ kind: 'restore-point', id: noted.session(number) });
const chained = (parent: number | null): object => ({ ...image, parent });

function points(sessions: Parameters<typeof planOfSessions>[0], planned: Planned = {}): PointsPlan {
  return planOfSessions(sessions, { policy, ...planned }).points;
}

describe('restore points', () => {
  it('leave by the rules for points, whatever those for sets are', () => {
    const { keep, expire } = points(daily(image, image, image));
    assert.deepEqual(inWords(keep), ['p2 within-count parent-point']);
    assert.deepEqual(inWords(expire), ['p0 beyond-count', 'p1 beyond-count']);
  });

  it('stay for ever when no rule is set', () => {
    const plan = points(daily(image, image), { policy: plannedPolicy() });
    assert.deepEqual(inWords(plan.keep), ['p0 no-rule', 'p1 no-rule parent-point']);
  });

  it('are never all gone while image-level backup is on: the newest is the next parent', () => {
    const keepsNone = { points: keepNewest(0) } as const;
    const on = points(daily(image, image), { policy: plannedPolicy(keepsNone) });
    assert.deepEqual(inWords(on.keep), ['p1 parent-point']);
    const off = points(daily(image, image), {
      policy: plannedPolicy({ ...keepsNone, level: 'off' }),
    });
    assert.deepEqual(inWords(off.expire), ['p0 beyond-count', 'p1 beyond-count']);
  });

  it('that left the chain do not return, and take no place in it', () => {
    const sessions = daily(image, image, { ...image, expiredPoints: [1] });
    const plan = points(sessions, { policy: plannedPolicy({ points: keepNewest(9) }) });
    assert.deepEqual(inWords(plan.keep), ['p0 within-count', 'p2 within-count parent-point']);
    const [expired] = plan.expire;
    assert.deepEqual([expired?.id, expired?.expiredAt], ['p1', onDay(3)]);
    const narrow = points(sessions, { policy: plannedPolicy({ points: keepNewest(2) }) });
    assert.deepEqual(inWords(narrow.keep), inWords(plan.keep));
  });

  it('that are locked leave the chain all the same, and are deleted when the lock is over', () => {
    const until = onDay(5);
    const instance = held(point(0), { kind: 'lock', until });
    const locked = planOfSessions(daily(image, image), { policy, instance, now: onDay(4) });
    const [expiring] = locked.points.expire;
    assert.deepEqual(expiring?.held, [{ kind: 'locked', holdId: sampleIds.hold('one') }]);
    assert.deepEqual(
      removalsOf(locked).filter(({ kind }) => kind === 'restore-point'),
      [],
    );
    const over = planOfSessions(daily(image, image), { policy, instance, now: until });
    assert.deepEqual(over.points.expire[0]?.held, []);
  });

  it('that stay say also what holds their data', () => {
    const plan = points(daily(image, image), { instance: held(point(1)) });
    assert.deepEqual(inWords(plan.keep), ['p1 within-count parent-point legal-hold']);
  });

  it('are held by a restore, and by a backup that compares with them', () => {
    const restores = [{ sessionId: sampleIds.session('restore'), pointId: noted.session(0) }];
    const restored = points(daily(image, image), { restores });
    assert.deepEqual(restored.expire[0]?.held, [
      { kind: 'in-use', sessionId: sampleIds.session('restore') },
    ]);
    const sessions = daily(image, image, { status: 'running', parent: 0 });
    assert.equal(points(sessions).expire[0]?.held[0]?.kind, 'in-use');
    assert.deepEqual(points(sessions, { during: noted.session(2) }).expire[0]?.held, []);
  });

  describe('that need those before them', () => {
    const pointDependency = 'needs-parent';

    it('keep them, back to the last full one', () => {
      const sessions = daily(chained(null), chained(null), chained(1), chained(2));
      const plan = points(sessions, { pointDependency });
      assert.deepEqual(inWords(plan.keep), [
        'p1 needed-by',
        'p2 needed-by',
        'p3 within-count parent-point',
      ]);
      assert.deepEqual(inWords(plan.expire), ['p0 beyond-count']);
      const [oldest] = plan.keep;
      assert.deepEqual(oldest?.reasons, [{ kind: 'needed-by', pointId: 'p2' }]);
    });

    it('need nothing in a format whose points are independent', () => {
      const sessions = daily(chained(null), chained(0), chained(1));
      assert.deepEqual(inWords(points(sessions).keep), ['p2 within-count parent-point']);
    });

    it('keep the data of one that left the chain earlier, not its place', () => {
      const sessions = daily(chained(null), chained(0), { ...chained(1), expiredPoints: [0] });
      const [expired] = points(sessions, { pointDependency }).expire;
      assert.deepEqual(expired?.held, [{ kind: 'needed-by', pointId: 'p1' }]);
    });

    it('keep what a held one needs, although it has left the chain', () => {
      const sessions = daily(chained(null), chained(0), chained(null));
      const plan = points(sessions, { pointDependency, instance: held(point(1)) });
      assert.deepEqual(inWords(plan.keep), ['p0 needed-by', 'p2 within-count parent-point']);
      assert.deepEqual(inWords(plan.expire), ['p1 beyond-count']);
    });

    it('are removed newest first', () => {
      const sessions = daily(chained(null), chained(0), chained(1), chained(null));
      const plan = planOfSessions(sessions, { policy, pointDependency });
      const removed = removalsOf(plan).filter(({ kind }) => kind === 'restore-point');
      assert.deepEqual(
        removed.map(({ id }) => id),
        ['p2', 'p1', 'p0'],
      );
    });
  });
});
