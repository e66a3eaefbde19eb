import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  formatCount,
  formatNumber,
  formatPercent,
  formatSize,
} from '../../../src/cli/output/format-quantity.ts';

describe('quantities in messages', () => {
  it('groups the digits of numbers as English does', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        assert.equal(formatNumber(value), value.toLocaleString('en-US'));
      }),
    );
  });

  it('counts things in words', () => {
    assert.equal(formatCount(1, 'block'), '1 block');
    assert.equal(formatCount(16_384, 'block'), '16,384 blocks');
    assert.equal(formatCount(2, 'policy', 'policies'), '2 policies');
  });

  it('shows sizes in the unit that keeps them below 1,024', () => {
    for (const [sizeBytes, shown] of [
      [0, '0 B'],
      [1023, '1023 B'],
      [1024, '1.0 KiB'],
      [1024 ** 2 - 1, '1.0 MiB'],
      [80 * 1024 ** 2, '80.0 MiB'],
      [1.5 * 1024 ** 3, '1.5 GiB'],
    ] as const) {
      assert.equal(formatSize(sizeBytes), shown);
    }
  });

  it('says 100 % only of all of it', () => {
    assert.equal(formatPercent(999, 1000), '99 %');
    assert.equal(formatPercent(1000, 1000), '100 %');
    assert.equal(formatPercent(0, 0), '100 %');
  });
});
