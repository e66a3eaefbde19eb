import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forgotten, known, knownOr } from '../../../src/domain/sensitive/sensitive.ts';

describe('a sensitive value', () => {
  it('is what it is while it is known', () => {
    assert.deepEqual(known('a note'), { kind: 'known', value: 'a note' });
    assert.equal(knownOr(known('a note'), null), 'a note');
    assert.equal(knownOr(known(null), 'something else'), null);
  });

  it('has something else in its place when it is forgotten', () => {
    assert.deepEqual(forgotten, { kind: 'forgotten' });
    assert.equal(knownOr(forgotten, 'not known any more'), 'not known any more');
  });
});
