import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SessionId, SnapshotSetId } from '../../../src/domain/identifiers.ts';
import {
  expiriesOf,
  isSameItem,
  removalsOf,
  type RetentionPlan,
} from '../../../src/domain/retention/retention-plan.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';

const reasons = [{ kind: 'no-flag' }] as const;
const going = { takenAt: atHour(7), reasons };
const held = [{ kind: 'locked', holdId: sampleIds.hold('one') }] as const;
const plan: RetentionPlan = {
  decidedAt: atHour(8),
  snapshots: {
    keep: [{ ...going, id: sampleIds.set('kept'), reasons: [{ kind: 'manual' }] }],
    remove: [
      { ...going, id: sampleIds.set(1) },
      { ...going, id: sampleIds.set(2) },
    ],
  },
  replicas: { keep: [], remove: [{ ...going, id: sampleIds.replica(1) }] },
  points: {
    dependency: 'needs-parent',
    keep: [],
    expire: [
      { ...going, id: sampleIds.session(1), expiredAt: atHour(1), held: [] },
      { ...going, id: sampleIds.session(2), expiredAt: null, held },
      { ...going, id: sampleIds.session(3), expiredAt: null, held: [] },
    ],
  },
};

describe('a retention plan', () => {
  it('removes sets and replicas from the oldest on, points that nothing holds from the newest on', () => {
    assert.deepEqual(removalsOf(plan), [
      { kind: 'snapshot-set', id: 'set-1' },
      { kind: 'snapshot-set', id: 'set-2' },
      { kind: 'replica', id: 'replica-1' },
      { kind: 'restore-point', id: 'session-3' },
      { kind: 'restore-point', id: 'session-1' },
    ]);
  });

  it('lets those points leave the chain, held or not, that have not left it before', () => {
    assert.deepEqual(
      expiriesOf(plan).map(({ id }) => id),
      ['session-2', 'session-3'],
    );
  });
});

describe('two items', () => {
  it('are the same when both their kinds and their ids are', () => {
    const id = 'written-alike' as string as SessionId & SnapshotSetId;
    const point = { kind: 'restore-point', id } as const;
    assert.equal(isSameItem(point, { ...point }), true);
    assert.equal(isSameItem(point, { ...point, id: sampleIds.session(2) }), false);
    assert.equal(isSameItem(point, { kind: 'snapshot-set', id }), false);
  });
});
