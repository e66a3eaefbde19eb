import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TimestampMs } from '../../../../src/domain/identifiers.ts';
import { choosePacks } from '../../../../src/format/strata/verify/choose-packs.ts';

const packs = ['a', 'b', 'c', 'd'].map((key) => ({ key, sizeBytes: 10 }));
const lastChecked = new Map([
  ['a', 300 as TimestampMs],
  ['b', 100 as TimestampMs],
  ['d', 200 as TimestampMs],
]);
const chosen = (maxBytes: number): string =>
  choosePacks(packs, { maxBytes, lastChecked })
    .map(({ key }) => key)
    .join('');

describe('the packs that a budget is for', () => {
  it('are those never read, then those whose reading is longest ago', () => {
    assert.equal(chosen(1000), 'cbda');
  });

  it('are as many as fit, and one in any case', () => {
    assert.deepEqual([chosen(39), chosen(20), chosen(19), chosen(1)], ['cbd', 'cb', 'c', 'c']);
  });
});
