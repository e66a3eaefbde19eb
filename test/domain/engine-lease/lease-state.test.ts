import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LeaseEvent } from '../../../src/domain/engine-lease/lease-events.ts';
import { evolveLease, isLeaseHeld, noLease } from '../../../src/domain/engine-lease/lease-state.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';

const taken: LeaseEvent = {
  type: 'LeaseTaken',
  data: { engineId: sampleIds.engine('here'), until: atHour(1) },
};
const renewed: LeaseEvent = { type: 'LeaseRenewed', data: { until: atHour(2) } };
const givenUp: LeaseEvent = { type: 'LeaseGivenUp', data: { givenUpAt: atHour(1.5) } };

describe('the lease of an engine', () => {
  const skewMs = 15_000;
  const isHeld = (events: readonly LeaseEvent[], hour: number, laterMs = 0): boolean =>
    isLeaseHeld(
      events.reduce(evolveLease, noLease),
      (atHour(hour) + laterMs) as ReturnType<typeof atHour>,
      skewMs,
    );

  it('is not held by who never took it, or gave it up', () => {
    assert.equal(isHeld([], 0), false);
    assert.equal(isHeld([taken, renewed, givenUp], 1.5), false);
    assert.deepEqual([taken, givenUp].reduce(evolveLease, noLease), { until: null });
    const firstMoment = 0 as ReturnType<typeof atHour>;
    assert.equal(isLeaseHeld(noLease, firstMoment, skewMs), false, 'none is not one until 1970');
  });

  it('is held until it ends, and as much longer as the clocks may differ', () => {
    assert.equal(isHeld([taken], 1), true);
    assert.equal(isHeld([taken], 1, skewMs - 1), true);
    assert.equal(isHeld([taken], 1, skewMs), false);
  });

  it('is what its last event says, whatever came before', () => {
    for (const before of [[], [taken], [taken, givenUp]]) {
      assert.equal(isHeld([...before, renewed], 1.9), true);
      assert.equal(isHeld([...before, renewed], 2.1), false);
    }
  });
});
