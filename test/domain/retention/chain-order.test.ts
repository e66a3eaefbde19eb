import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareChainItems, type ChainItem } from '../../../src/domain/retention/chain-item.ts';
import { Pins } from '../../../src/domain/retention/pins.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { known } from '../../../src/domain/sensitive/sensitive.ts';

const item = (id: string, order: number, hour: number): ChainItem => ({
  id,
  order,
  takenAt: atHour(hour),
});

describe('the order of a chain', () => {
  it('is that of the places, whatever the clocks said; of one place that of the ids', () => {
    const chain = [item('b', 2, 1), item('c', 1, 9), item('a', 2, 5), item('d', 0, 7)];
    const ids = chain.toSorted(compareChainItems).map(({ id }) => id);
    assert.deepEqual(ids, ['d', 'c', 'a', 'b']);
    assert.ok(compareChainItems(item('b', 1, 1), item('a', 1, 1)) > 0);
    assert.ok(compareChainItems(item('a', 1, 1), item('b', 1, 1)) < 0);
    assert.equal(compareChainItems(item('a', 1, 1), item('a', 1, 1)), 0);
  });
});

describe('a hold', () => {
  it('pins the item of its kind, and none of another kind with the same id', () => {
    const pins = new Pins();
    const hold = {
      holdId: sampleIds.hold('case'),
      item: { kind: 'restore-point', id: sampleIds.session('same') },
      hold: { kind: 'legal-hold', note: known('') },
      placedAt: atHour(1),
    } as const;
    pins.pinHeld('snapshot-set', [hold], atHour(2));
    assert.equal(pins.all.size, 0);
    pins.pinHeld('restore-point', [hold], atHour(2));
    assert.deepEqual(pins.all.get(hold.item.id), [{ kind: 'legal-hold', holdId: hold.holdId }]);
  });
});
