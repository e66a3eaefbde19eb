import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { estimateMonthlyCost } from '../../../src/domain/cost/estimate-cost.ts';
import { parsePriceTable } from '../../../src/domain/cost/price-table.ts';
import type { Region } from '../../../src/domain/identifiers.ts';

const written = {
  currency: 'USD',
  snapshotGibMonth: 0.05,
  repositoryGibMonth: 0.02,
  replicaGibMonth: { other: 0.05, 'eu-west-1': 0.06 },
};
const gib = 2 ** 30;

describe('an estimate of cost', () => {
  const prices = parsePriceTable(written);
  const monthly = (place: Parameters<typeof estimateMonthlyCost>[0]['place']): number =>
    estimateMonthlyCost({ place, sizeBytes: 100 * gib, basis: 'at-most' }, prices);

  it('goes by the price of the place and by the size', () => {
    assert.equal(monthly({ kind: 'snapshots' }).toFixed(6), '5.000000');
    assert.equal(monthly({ kind: 'repository' }).toFixed(6), '2.000000');
    assert.equal(
      monthly({ kind: 'replicas', region: 'eu-west-1' as Region }).toFixed(6),
      '6.000000',
    );
    assert.equal(
      monthly({ kind: 'replicas', region: 'us-east-1' as Region }).toFixed(6),
      '5.000000',
    );
    const none = { place: { kind: 'snapshots' }, sizeBytes: 0, basis: 'added' } as const;
    assert.equal(estimateMonthlyCost(none, prices), 0);
  });
});

describe('a price table', () => {
  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['is no object', [], /price table is not an object/],
    ['has no currency', { ...written, currency: '' }, /'currency'/],
    ['has a field that is not known', { ...written, price: 1 }, /'price'/],
    ['has a negative price', { ...written, snapshotGibMonth: -1 }, /'snapshotGibMonth'/],
    ['has a price that is a text', { ...written, repositoryGibMonth: '1' }, /'repositoryGibMonth'/],
    ['has an endless price', { ...written, snapshotGibMonth: Infinity }, /'snapshotGibMonth'/],
    [
      'has no price for other regions',
      { ...written, replicaGibMonth: {} },
      /replicaGibMonth\.other/,
    ],
    ['has no regions', { ...written, replicaGibMonth: 1 }, /'replicaGibMonth'/],
    [
      'has a wrong price for a region',
      { ...written, replicaGibMonth: { other: 1, x: NaN } },
      /replicaGibMonth\.x/,
    ],
  ];
  for (const [what, table, message] of wrong) {
    it(`that ${what} is refused with the place`, () => {
      assert.throws(() => parsePriceTable(table), { code: 'INVALID_ARGUMENT', message });
    });
  }
});
