import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type HeavyLoss,
  heavyLoss,
  type LossQuestion,
} from '../../../src/domain/policy/policy-change.ts';
import type { ChainPlan, RetentionPlan } from '../../../src/domain/retention/retention-plan.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';

const instanceId = sampleIds.instance('web-1');

function chain<Id extends string>(
  id: (number: number) => Id,
  count: number,
  going: number,
): ChainPlan<Id> {
  const items = Array.from({ length: count }, (_, number) => ({
    id: id(number),
    takenAt: atHour(number),
  }));
  return {
    remove: items.slice(0, going).map((one) => ({ ...one, reasons: [{ kind: 'no-flag' }] })),
    keep: items.slice(going).map((one) => ({ ...one, reasons: [{ kind: 'no-rule' }] })),
  };
}

interface Going {
  readonly sets?: number;
  readonly replicas?: number;
  readonly points?: number;
}

/** A plan for three sets, two replicas and one point, of which so many of the oldest go. */
function planOf({ sets = 0, replicas = 0, points = 0 }: Going): RetentionPlan {
  const { keep, remove } = chain(sampleIds.session, 1, points);
  const expire = remove.map((one) => ({ ...one, expiredAt: null, held: [] }));
  return {
    decidedAt: atHour(9),
    snapshots: chain(sampleIds.set, 3, sets),
    replicas: chain(sampleIds.replica, 2, replicas),
    points: { dependency: 'independent', keep, expire },
  };
}

function lossBy(
  before: Going,
  after: Going,
  options: Partial<LossQuestion> = {},
): HeavyLoss | null {
  const plans = { before: planOf(before), after: planOf(after) };
  return heavyLoss({
    ...{ instanceId, ...plans, regionOf: new Map(), tells: 'more-than-half' },
    ...options,
  });
}

describe('a change of policy loses much', () => {
  it('when more than half of a chain would go because of it: which, and of how many', () => {
    assert.deepEqual(lossBy({}, { sets: 2, replicas: 1, points: 1 }), {
      instanceId,
      going: [
        { kind: 'snapshot-set', id: 'set-0', takenAt: atHour(0) },
        { kind: 'snapshot-set', id: 'set-1', takenAt: atHour(1) },
        { kind: 'replica', id: 'replica-0', takenAt: atHour(0) },
        { kind: 'restore-point', id: 'session-0', takenAt: atHour(0) },
      ],
      itemsCount: 6,
    });
  });

  it('whatever there is besides: many that stay do not make up for the sets, or for one region', () => {
    const goingBy = (after: Going, options: Partial<LossQuestion> = {}): number =>
      lossBy({}, after, options)?.going.length ?? 0;
    assert.equal(goingBy({ sets: 2 }), 2);
    assert.equal(goingBy({ points: 1 }), 1);
    assert.equal(goingBy({ replicas: 2 }), 2);
    const regionOf = new Map([
      [sampleIds.replica(0), sampleIds.region('west')],
      [sampleIds.replica(1), sampleIds.region('east')],
    ]);
    assert.equal(goingBy({ replicas: 1 }, { regionOf }), 1);
  });

  it('not when just the half of each chain would go, or less', () => {
    assert.equal(lossBy({}, { replicas: 1 }), null);
    assert.equal(lossBy({}, { sets: 1, replicas: 1 }), null);
    assert.equal(lossBy({}, {}), null);
  });

  it('by whatever goes, when nothing is kept', () => {
    const { going } = lossBy({}, { sets: 1 }, { tells: 'any' }) ?? assert.fail();
    assert.deepEqual(
      going.map(({ id }) => id),
      ['set-0'],
    );
    assert.equal(lossBy({}, {}, { tells: 'any' }), null);
  });

  it('not when all that goes would go without it', () => {
    assert.equal(lossBy({ sets: 3, points: 1 }, { sets: 3, points: 1 }), null);
    assert.equal(lossBy({ sets: 3 }, { sets: 2 }), null);
    assert.equal(lossBy({ sets: 2 }, { sets: 2, replicas: 1 }), null);
    assert.equal(lossBy({ sets: 2 }, { sets: 2 }, { tells: 'any' }), null);
  });

  it('however small its own part is: what goes without it counts, and is told, too', () => {
    assert.equal(lossBy({}, { sets: 1 }), null);
    const { going } = lossBy({ sets: 1, replicas: 1 }, { sets: 2, replicas: 1 }) ?? assert.fail();
    assert.deepEqual(
      going.map(({ id }) => id),
      ['set-0', 'set-1', 'replica-0'],
    );
  });
});
