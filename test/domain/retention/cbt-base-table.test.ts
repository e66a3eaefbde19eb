import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RetentionPlan } from '../../../src/domain/retention/retention-plan.ts';
import { noted } from '../../../src/verification/noted-session.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import {
  daily,
  image,
  inWords,
  keepNewest,
  type Planned,
  planOfSessions,
  plannedPolicy,
} from '../../support/domain/planned-retention.ts';

/** What the CBT base is when: the table of docs/retention.md. The first session is the base. */
function basesOf({ snapshots }: RetentionPlan): readonly string[] {
  return snapshots.keep
    .filter(({ reasons }) => reasons.some(({ kind }) => kind === 'cbt-base'))
    .map(({ id }) => id);
}

const rest = [{}, {}, {}] as const;

describe('the CBT base, when', () => {
  it('an image-level session runs: old base and new source stay', () => {
    const plan = planOfSessions(daily(image, {}, {}, { status: 'running' }));
    assert.deepEqual(inWords(plan.snapshots.keep), ['s0 cbt-base', 's3 within-count in-use']);
  });

  for (const status of ['failed', 'cancelled'] as const) {
    it(`one is ${status} before its commit: it does not move, and the set is one like any other`, () => {
      const plan = planOfSessions(daily(image, {}, { status }, {}));
      assert.deepEqual(inWords(plan.snapshots.keep), ['s0 cbt-base', 's3 within-count']);
      assert.deepEqual(inWords(plan.snapshots.remove), ['s1 beyond-count', 's2 beyond-count']);
    });
  }

  it('one commits: its set is the base, before retention or after it', () => {
    const sessions = daily(image, {}, { ...image, status: 'running' });
    const during = noted.session(2);
    const moves = (baseMoves: 'before-retention' | 'after-retention', own = true): string[] => [
      ...basesOf(
        planOfSessions(sessions, {
          policy: plannedPolicy({ baseMoves }),
          during: own ? during : null,
        }),
      ),
    ];
    assert.deepEqual(moves('before-retention'), ['s2']);
    assert.deepEqual(moves('after-retention'), ['s0', 's2']);
    assert.deepEqual(moves('after-retention', false), ['s2']);
  });

  it('a set is taken without a point: it stays where it is', () => {
    assert.deepEqual(basesOf(planOfSessions(daily(image, ...rest))), ['s0']);
  });

  it('it was removed while nothing pinned it: there is none, and no older one takes its place', () => {
    const plan = planOfSessions(daily(image, image, {}, { removedSets: [1] }));
    assert.deepEqual(basesOf(plan), []);
    assert.deepEqual(inWords(plan.snapshots.remove), ['s0 beyond-count', 's2 beyond-count']);
  });

  const off: readonly (readonly [string, Planned])[] = [
    ['CBT is switched off', { policy: plannedPolicy({ changedBlockTracking: 'off' }) }],
    ['image-level backup is switched off', { policy: plannedPolicy({ level: 'off' }) }],
  ];
  for (const [when, planned] of off) {
    it(`${when}: the rules alone decide about it`, () => {
      const plan = planOfSessions(daily(image, ...rest), planned);
      assert.deepEqual(basesOf(plan), []);
      assert.ok(plan.snapshots.remove.some(({ id }) => id === 's0'));
    });
  }

  it('the policy keeps no sets and CBT is off: a session removes its own set too', () => {
    const policy = plannedPolicy({ sets: keepNewest(0), changedBlockTracking: 'off' });
    const sessions = daily({ ...image, status: 'running' });
    const plan = planOfSessions(sessions, { policy, during: noted.session(0) });
    assert.deepEqual(inWords(plan.snapshots.remove), ['s0 beyond-count']);
  });

  it('no policy covers the instance any more: it is obsolete, and stays like all the others', () => {
    const plan = planOfSessions(daily(image, {}), { policy: null });
    assert.deepEqual(inWords(plan.snapshots.keep), ['s0 no-policy', 's1 no-policy']);
  });

  it('another policy takes over: it is pinned if that one wants it', () => {
    const other = plannedPolicy({ sets: keepNewest(2) });
    assert.deepEqual(basesOf(planOfSessions(daily(image, ...rest), { policy: other })), ['s0']);
  });

  const volumes: readonly (readonly [string, readonly string[]])[] = [
    ['a volume is detached', ['root']],
    ['a volume is attached', ['root', 'data', 'more']],
    ['a volume is replaced by another', ['root', 'other']],
  ];
  for (const [when, after] of volumes) {
    it(`${when}: the whole set stays until the next commit`, () => {
      const before = { ...image, volumes: ['root', 'data'] };
      const plan = planOfSessions(daily(before, { volumes: after }, { volumes: after }));
      assert.deepEqual(basesOf(plan), ['s0']);
      const next = planOfSessions(daily(before, { volumes: after }, { ...image, volumes: after }));
      assert.deepEqual(basesOf(next), ['s2']);
    });
  }

  it('the repository is changed: it stays until the commit in the new one', () => {
    const [old, next] = ['old', 'new'].map(sampleIds.repository);
    assert.ok(old !== undefined && next !== undefined);
    const before = { ...image, repositoryId: old };
    const changed = planOfSessions(daily(before, {}, {}));
    assert.deepEqual(inWords(changed.snapshots.keep), ['s0 cbt-base', 's2 within-count']);
    const failed = { status: 'failed', repositoryId: next } as const;
    assert.deepEqual(basesOf(planOfSessions(daily(before, {}, failed))), ['s0']);
    const committed = planOfSessions(daily(before, {}, { ...image, repositoryId: next }));
    assert.deepEqual(inWords(committed.snapshots.keep), ['s2 within-count cbt-base']);
    assert.deepEqual(inWords(committed.points.keep), ['p0 no-rule', 'p2 no-rule parent-point']);
  });

  it('its point is removed: the set stays the base', () => {
    assert.deepEqual(basesOf(planOfSessions(daily(image, {}, { removedPoints: [0] }))), ['s0']);
  });

  it('it was made by hand: it stays after its own expiry, until the next commit', () => {
    const byHand = { ...image, origin: { kind: 'manual', expiresAt: 0 as never } } as const;
    const plan = planOfSessions(daily(byHand, {}, {}));
    assert.deepEqual(inWords(plan.snapshots.keep), ['s0 cbt-base', 's2 within-count']);
    const next = planOfSessions(daily(byHand, {}, image));
    assert.deepEqual(inWords(next.snapshots.remove), ['s0 manual-expired', 's1 beyond-count']);
  });
});
