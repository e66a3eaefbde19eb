import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counted } from '../../../src/domain/errors/counted.ts';

describe('a number of things', () => {
  it('is one thing, or several', () => {
    assert.deepEqual(
      [0, 1, 2, 21].map((count) => counted(count, 'field')),
      ['0 fields', '1 field', '2 fields', '21 fields'],
    );
    assert.deepEqual(
      [1, 2].map((count) => counted(count, 'entry', 'entries')),
      ['1 entry', '2 entries'],
    );
  });
});
