import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { instanceHistory } from '../../../../src/domain/retention/instance-history.ts';
import { splitRemovals } from '../../../../src/domain/instance/split-removals.ts';
import { planRetention } from '../../../../src/domain/retention/plan-retention.ts';
import { removalsOf } from '../../../../src/domain/retention/retention-plan.ts';
import type {
  KeepReason,
  RemoveReason,
} from '../../../../src/domain/retention/retention-reasons.ts';
import { arbitraryTale } from './arbitrary-history.ts';
import { describeVerdict, verdictsOf } from './describe-verdict.ts';
import { questionOf } from './question-of-tale.ts';
import { itemsOf } from './oracle-items.ts';
import { askOracle } from './retention-oracle.ts';
import type { RetentionQuestion } from './retention-question.ts';

/** More by the environment, for a night of it. */
const runs = Number(process.env['SNAPLEDGER_ORACLE_RUNS'] ?? '200');

/** All but `host-rule`, which no policy has. The compiler proves that none is forgotten. */
const everyReason: Readonly<
  Record<Exclude<(KeepReason | RemoveReason)['kind'], 'host-rule'>, 'asked-for'>
> = {
  'within-count': 'asked-for',
  'within-age': 'asked-for',
  'gfs-daily': 'asked-for',
  'gfs-weekly': 'asked-for',
  'gfs-monthly': 'asked-for',
  'gfs-yearly': 'asked-for',
  'cbt-base': 'asked-for',
  'replica-base': 'asked-for',
  'parent-point': 'asked-for',
  'needed-by': 'asked-for',
  'copy-source': 'asked-for',
  'in-use': 'asked-for',
  locked: 'asked-for',
  'legal-hold': 'asked-for',
  manual: 'asked-for',
  'no-policy': 'asked-for',
  'no-rule': 'asked-for',
  'beyond-count': 'asked-for',
  expired: 'asked-for',
  'flag-expired': 'asked-for',
  'no-flag': 'asked-for',
  'nothing-kept': 'asked-for',
  'manual-expired': 'asked-for',
  obsolete: 'asked-for',
  incomplete: 'asked-for',
};

describe('the rules, and the oracle that was written from docs/retention.md alone', () => {
  it('come to the same verdict on every item of every history, for the same reasons', () => {
    const given = new Set<string>();
    fc.assert(
      fc.property(arbitraryTale, (tale) => {
        const question = questionOf(tale);
        const expected = askOracle(question);
        for (const { because, held } of expected) {
          for (const { kind } of [...because, ...held]) given.add(kind);
        }
        assert.deepEqual(
          verdictsOf(planOf(question)).map(describeVerdict),
          expected.map(describeVerdict),
        );
      }),
      { numRuns: runs },
    );
    // Otherwise some rule was never put to the test.
    assert.deepEqual([...given].toSorted(), Object.keys(everyReason).toSorted());
  });

  it('remove nothing that the stream of the instance would withhold at the same moment', () => {
    fc.assert(
      fc.property(arbitraryTale, (tale) => {
        const question = questionOf(tale);
        const byHand = new Set<string>(
          itemsOf(question).flatMap(({ id, session }) =>
            session.origin.kind === 'manual' ? [id] : [],
          ),
        );
        // Of others no expiry can be set.
        const expiries = question.instance.expiries.filter(({ item }) => byHand.has(item.id));
        const removals = removalsOf(planOf(question));
        const { withheld } = splitRemovals(
          removals,
          { ...question.instance, expiries },
          question.now,
        );
        assert.deepEqual(withheld, []);
      }),
      { numRuns: runs },
    );
  });
});

function planOf({
  sessions,
  instance,
  restores,
  policy,
  obsolete,
  deciding,
  now,
  dependency,
}: RetentionQuestion): ReturnType<typeof planRetention> {
  return planRetention({
    history: instanceHistory(sessions, instance, restores),
    policy,
    obsolete,
    pointDependency: dependency,
    during: deciding,
    now,
  });
}
