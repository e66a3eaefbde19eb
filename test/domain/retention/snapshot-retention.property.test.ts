import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { planSnapshots } from '../../../src/domain/retention/plan-snapshots.ts';
import type { RetentionCircumstances } from '../../../src/domain/retention/retention-circumstances.ts';
import { arbitraryCircumstances } from '../../../src/verification/arbitrary-circumstances.ts';

function forAll(claim: (given: RetentionCircumstances) => void): void {
  fc.assert(fc.property(arbitraryCircumstances, claim), { numRuns: 2_000 });
}

describe('snapshot retention, for any history,', () => {
  it('pins one base at most when it moves first, and two at most when it moves after', () => {
    forAll((given) => {
      const bases = planSnapshots(given).keep.filter(({ reasons }) =>
        reasons.some(({ kind }) => kind === 'cbt-base'),
      );
      const movesLater =
        given.during !== null && given.policy?.snapshots.baseMoves === 'after-retention';
      assert.ok(bases.length <= (movesLater ? 2 : 1), `${bases.length} bases are pinned`);
    });
  });

  it('never lets an incomplete or manual set push a complete one of the policy out', () => {
    forAll((given) => {
      const { history } = given;
      const isInChain = ({ condition, origin }: (typeof history.sets)[number]): boolean =>
        condition === 'complete' && origin === 'policy';
      const chain = history.sets.filter(isInChain);
      const ids = new Set(chain.map(({ id }) => id));
      const alone = planSnapshots({ ...given, history: { ...history, sets: chain } });
      const among = planSnapshots(given).keep.filter(({ id }) => ids.has(id));
      assert.deepEqual(
        among.map(({ id }) => id),
        alone.keep.map(({ id }) => id),
      );
    });
  });
});
