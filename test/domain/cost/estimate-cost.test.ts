import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { estimateMonthlyCost } from '../../../src/domain/cost/estimate-cost.ts';
import { parsePriceTable } from '../../../src/domain/cost/price-table.ts';
import type { Region } from '../../../src/domain/identifiers.ts';

const written = {
  currency: 'USD',
  snapshotGibMonth: 0.05,
  repositoryGibMonth: 0.02,
  replicaGibMonth: { other: 0.07, 'eu-west-1': 0.06 },
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
      '7.000000',
    );
    const none = { place: { kind: 'snapshots' }, sizeBytes: 0, basis: 'added' } as const;
    assert.equal(estimateMonthlyCost(none, prices), 0);
  });
});

describe('a price table', () => {
  it('is what was written: a price of each kind, and of each region that is named', () => {
    assert.deepEqual(parsePriceTable(written), {
      currency: 'USD',
      snapshotGibMonth: 0.05,
      repositoryGibMonth: 0.02,
      replicaGibMonth: { other: 0.07, regions: new Map([['eu-west-1', 0.06]]) },
    });
  });

  it('may have what costs nothing, the highest price, and a long name of a currency', () => {
    const table = parsePriceTable({
      ...{ ...written, currency: 'x'.repeat(8), snapshotGibMonth: 0, repositoryGibMonth: 1000 },
    });
    assert.deepEqual(
      [table.currency, table.snapshotGibMonth, table.repositoryGibMonth],
      ['xxxxxxxx', 0, 1000],
    );
  });

  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['is no object', [], /price table is not an object/],
    ['is nothing', null, /price table is not an object/],
    ['is a text', 'USD', /price table is not an object/],
    ['has no currency', { ...written, currency: '' }, /'currency'/],
    ['has a currency that is no text', { ...written, currency: ['USD'] }, /'currency'/],
    ['has too long a currency', { ...written, currency: 'x'.repeat(9) }, /'currency'/],
    ['has a price above all', { ...written, snapshotGibMonth: 1000.01 }, /'snapshotGibMonth'/],
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
      assert.throws(() => parsePriceTable(table), {
        ...{ code: 'INVALID_ARGUMENT', message, remedy: /docs\/cli\.md/ },
      });
    });
  }
});
