import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blockCountOf, blockLengthBytes, blockSizeBytes } from '../../src/domain/block-size.ts';
import type { BlockIndex } from '../../src/domain/identifiers.ts';

describe('a volume in blocks of 512 KiB', () => {
  it('has a last block that may be short', () => {
    assert.equal(blockSizeBytes, 524_288);
    assert.deepEqual([0, 1, 524_288, 524_289].map(blockCountOf), [0, 1, 1, 2]);
    const lengths = [0, 1, 2].map((index) => blockLengthBytes(1_048_579, index as BlockIndex));
    assert.deepEqual(lengths, [524_288, 524_288, 3]);
  });
});
