import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hashLengthPrefixed, lengthPrefixed } from '../../../src/engine/ledger/length-prefixed.ts';

const anyText = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 140 }),
  // Around the length where a length is no longer one character.
  fc.integer({ min: 120, max: 135 }).map((length) => 'x'.repeat(length)),
);
const anyField = fc.oneof(anyText, fc.uint8Array({ maxLength: 300 }));

describe('the hash of fields', () => {
  it('is that of their bytes, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(anyField, { maxLength: 12 }), (fields) => {
        const expected = createHash('sha256').update(lengthPrefixed(fields)).digest('hex');
        assert.equal(hashLengthPrefixed(fields), expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is that of their bytes when they are large', () => {
    const fields = ['a', new Uint8Array(200_000).fill(7), 'b'];
    const expected = createHash('sha256').update(lengthPrefixed(fields)).digest('hex');
    assert.equal(hashLengthPrefixed(fields), expected);
  });
});
