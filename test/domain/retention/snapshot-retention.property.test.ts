import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SnapshotSetId } from '../../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import { cbtBase } from '../../../src/domain/retention/cbt-base.ts';
import type { InstanceHistory } from '../../../src/domain/retention/instance-history.ts';
import { keepObsolete } from '../../../src/domain/retention/obsolete-rule.ts';
import { planSnapshots } from '../../../src/domain/retention/plan-snapshots.ts';
import type { ChainPlan } from '../../../src/domain/retention/retention-plan.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { type Case, cases } from './arbitrary-notes.ts';
import { namesThatStay } from './naive-oracle.ts';

function decide({ history, policy, during }: Omit<Case, 'notes'>): ChainPlan<SnapshotSetId> {
  return planSnapshots({
    history,
    policy,
    obsolete: keepObsolete,
    pointDependency: 'independent',
    during: during === null ? null : sampleIds.session(during),
    now: atHour(24),
  });
}

function idsOf(items: readonly { readonly id: SnapshotSetId }[]): readonly SnapshotSetId[] {
  return items.map(({ id }) => id);
}

function forAll(claim: (one: Case) => void): void {
  fc.assert(fc.property(cases, claim), { numRuns: 3_000 });
}

describe('snapshot retention, for any history,', () => {
  it('keeps what a person with a pencil keeps', () => {
    forAll((one) => {
      const { notes, policy, during } = one;
      const expected = [...namesThatStay(notes, policy, during)].map(sampleIds.set);
      assert.deepEqual(idsOf(decide(one).keep).toSorted(), expected.toSorted());
    });
  });

  it('puts every set into exactly one of the two lists, oldest first, with a reason', () => {
    forAll((one) => {
      const { keep, remove } = decide(one);
      const decided = [...idsOf(keep), ...idsOf(remove)];
      assert.deepEqual(decided.toSorted(), idsOf(one.history.sets).toSorted());
      for (const list of [keep, remove]) {
        const places = list.map(({ id }) => one.history.sets.findIndex((set) => set.id === id));
        assert.deepEqual(
          places,
          places.toSorted((a, b) => a - b),
        );
        for (const { reasons } of list) assert.ok(reasons.length > 0);
      }
    });
  });

  it('never removes the base while image-level backup and CBT are on', () => {
    forAll((one) => {
      const { history, policy, during } = one;
      if (policy.image.level === 'off' || policy.image.changedBlockTracking === 'off') return;
      const removed = idsOf(decide(one).remove);
      // What the next session compares with, in both orders.
      const next = cbtBase(history);
      if (next !== null) assert.ok(!removed.includes(next.setId), 'the next base stays');
      if (policy.snapshots.baseMoves === 'before-retention' || during === null) return;
      const old = cbtBase(history, { without: sampleIds.session(during) });
      if (old !== null) assert.ok(!removed.includes(old.setId), 'the base of before stays');
    });
  });

  it('removes the old base as soon as the new one is there, when the base moves first', () => {
    forAll((one) => {
      if (one.policy.snapshots.baseMoves === 'after-retention') return;
      const bases = decide(one).keep.filter(({ reasons }) =>
        reasons.some(({ kind }) => kind === 'cbt-base'),
      );
      assert.ok(bases.length <= 1, `${bases.length} bases are pinned`);
    });
  });

  it('never removes what another session works with', () => {
    forAll((one) => {
      const removed = idsOf(decide(one).remove);
      for (const { id, usedBy } of one.history.sets) {
        const isUsed = usedBy.some(
          (user) => one.during === null || user !== sampleIds.session(one.during),
        );
        if (isUsed) assert.ok(!removed.includes(id));
      }
    });
  });

  it('does not depend on the order in which the sets are listed', () => {
    fc.assert(
      fc.property(cases, fc.array(fc.nat(), { minLength: 14, maxLength: 14 }), (one, ranks) => {
        const ranked = one.history.sets.map((set, index) => ({ set, rank: ranks[index] ?? 0 }));
        const chain = ranked.sort((a, b) => a.rank - b.rank).map(({ set }) => set);
        const listed: InstanceHistory = { ...one.history, sets: chain };
        assert.deepEqual(decide({ ...one, history: listed }), decide(one));
      }),
      { numRuns: 2_000 },
    );
  });

  it('removes no more when the policy keeps more', () => {
    forAll((one) => {
      const more = keeping(one.policy, (one.policy.snapshots.retention.count ?? 0) + 1);
      const removed = new Set(idsOf(decide(one).remove));
      for (const setId of idsOf(decide({ ...one, policy: more }).remove)) {
        assert.ok(removed.has(setId), `${setId} goes only when more is kept`);
      }
    });
  });

  it('leaves nothing to do once it is applied', () => {
    forAll((one) => {
      const removed = new Set(idsOf(decide(one).remove));
      const chain = one.history.sets.filter(({ id }) => !removed.has(id));
      const applied: InstanceHistory = { ...one.history, sets: chain };
      const again = decide({ ...one, history: applied });
      assert.deepEqual(idsOf(again.remove), []);
      assert.deepEqual(idsOf(again.keep), idsOf(decide(one).keep));
    });
  });

  it('never lets an incomplete set push a complete one out', () => {
    forAll((one) => {
      const complete = one.history.sets.filter(({ condition }) => condition === 'complete');
      const without: InstanceHistory = { ...one.history, sets: complete };
      const isComplete = new Set(idsOf(complete));
      const kept = idsOf(decide(one).keep).filter((setId) => isComplete.has(setId));
      assert.deepEqual(kept, idsOf(decide({ ...one, history: without }).keep));
    });
  });

  it('keeps exactly the newest N complete sets by count', () => {
    forAll((one) => {
      const { keep } = decide(one);
      const counted = keep.filter(({ reasons }) =>
        reasons.some(({ kind }) => kind === 'within-count'),
      );
      const wanted = one.policy.snapshots.retention.count ?? 0;
      const complete = one.history.sets.filter(({ condition }) => condition === 'complete');
      const newest = wanted === 0 ? [] : complete.slice(-wanted);
      assert.deepEqual(idsOf(counted), idsOf(newest));
    });
  });
});

function keeping(policy: BackupPolicy, count: number): BackupPolicy {
  return {
    ...policy,
    snapshots: { ...policy.snapshots, retention: { count, age: null, gfs: null } },
  };
}
