import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mergeInOrder } from '../../../src/domain/retention/merge-in-order.ts';
import type { RetentionRule } from '../../../src/domain/retention/retention-rule.ts';
import { daily, planOfSessions } from '../../support/domain/planned-retention.ts';

function planWith(rule: RetentionRule): unknown {
  return planOfSessions(daily({}, {}), { rulesOf: () => [rule] });
}

describe('a rule of the embedding program that breaks its promise decides nothing:', () => {
  it('one that has no verdict on an item', () => {
    assert.throws(() => planWith(() => new Map()), { code: 'INTERNAL' });
  });

  it('one that keeps an item for no reason', () => {
    const keep: RetentionRule = (chain) => new Map(chain.map(({ id }) => [id, { keep: [] }]));
    assert.throws(() => planWith(keep), { code: 'INTERNAL' });
  });
});

describe('decisions of several chains', () => {
  it('are about items that there are', () => {
    assert.throws(() => mergeInOrder([[{ id: 'unknown' }]], []), { code: 'INTERNAL' });
  });
});
