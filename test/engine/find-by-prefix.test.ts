import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import { findByPrefix } from '../../src/engine/session/find-by-prefix.ts';

const ids = ['1f0c-aaaa', '1f0c-abbb', '2e2e-cccc'];

function refusal(prefix: string): SnapledgerError {
  try {
    findByPrefix(prefix, ids, 'session');
  } catch (error) {
    assert.ok(error instanceof SnapledgerError);
    return error;
  }
  return assert.fail('it was found');
}

describe('finding by the beginning of an id', () => {
  it('gives the one that begins so, or is it', () => {
    assert.equal(findByPrefix('2e2e', ids, 'session'), '2e2e-cccc');
    assert.equal(findByPrefix('1f0c-ab', ids, 'session'), '1f0c-abbb');
    assert.equal(findByPrefix('1f0c-aaaa', ids, 'session'), '1f0c-aaaa');
  });

  it('gives nothing when none begins so', () => {
    assert.equal(findByPrefix('2e2f', ids, 'session'), null);
    assert.equal(findByPrefix('2e2e', [], 'session'), null);
    assert.equal(findByPrefix('2e2e-cccc-longer', ids, 'session'), null);
  });

  it('refuses to choose among several, and names them', () => {
    const error = refusal('1f0c');
    assert.equal(error.code, 'AMBIGUOUS_ID');
    assert.match(error.message, /2 sessions: 1f0c-aaaa, 1f0c-abbb/);
  });

  it('names no more of them than a person reads', () => {
    const many = Array.from({ length: 40 }, (_, index) => `abcd-${index}`);
    assert.throws(
      () => findByPrefix('abcd', many, 'restore point'),
      /any of 40 restore points: abcd-0, abcd-1, abcd-2, abcd-3, abcd-4$/,
    );
  });

  it('does not take a few characters for an id', () => {
    for (const prefix of ['', '2', '2e2']) {
      const error = refusal(prefix);
      assert.equal(error.code, 'INVALID_ARGUMENT');
      assert.match(error.remedy ?? '', /first 4 characters/);
    }
  });
});
