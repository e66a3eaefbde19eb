import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import { defaultPolicy } from '../../../src/domain/policy/default-policy.ts';
import { validatePolicy } from '../../../src/domain/policy/validate-policy.ts';
import { samplePolicy, type SamplePolicyOptions } from '../../support/domain/sample-policy.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';

const allowed: readonly (readonly [string, SamplePolicyOptions])[] = [
  ['the usual', {}],
  ['the fewest sets with CBT', { keep: 1 }],
  ['the most sets', { keep: 1000 }],
  ['snapshots alone', { image: 'off' }],
  ['images alone, which are read in full', { keep: 0, changedBlockTracking: 'off' }],
  ['a name of every kind of character', { policyId: '0a.B_c-9' }],
  ['the longest name', { policyId: 'n'.repeat(64) }],
  ['the shortest name', { policyId: 'n' }],
];

const refused: readonly (readonly [string, SamplePolicyOptions, string])[] = [
  ['fewer than none', { keep: -1 }, 'keep-snapshots is -1'],
  ['a part of a set', { keep: 1.5 }, 'keep-snapshots is 1.5'],
  ['no number', { keep: NaN }, 'keep-snapshots is NaN'],
  ['without end', { keep: Infinity }, 'keep-snapshots is Infinity'],
  ['more than the limit', { keep: 1001 }, 'keep-snapshots is 1001'],
  ['nothing at all', { keep: 0, image: 'off', changedBlockTracking: 'off' }, 'nothing would ever'],
  ['CBT without a base', { keep: 0 }, 'changed block tracking needs'],
  ['no name', { policyId: '' }, "name ''"],
  ['a name that is too long', { policyId: 'n'.repeat(65) }, 'is not allowed'],
  ['a name that begins with a dot', { policyId: '.hidden' }, "'.hidden' is not allowed"],
  ['a name with a space', { policyId: 'every night' }, 'is not allowed'],
  ['a name with a slash', { policyId: '../up' }, 'is not allowed'],
  ['a name with a line break at its end', { policyId: 'nightly\n' }, 'is not allowed'],
  ['a name with letters of other scripts', { policyId: 'nächtlich' }, 'is not allowed'],
];

describe('a policy', () => {
  for (const [what, options] of allowed) {
    it(`may ask for ${what}`, () => {
      validatePolicy(samplePolicy(options));
    });
  }

  for (const [what, options, words] of refused) {
    it(`may not have ${what}: says so, and what is allowed`, () => {
      assert.throws(
        () => {
          validatePolicy(samplePolicy(options));
        },
        (error) => {
          assert.ok(error instanceof SnapledgerError);
          assert.equal(error.code, 'POLICY_INVALID');
          assert.ok(error.message.includes(words), error.message);
          assert.match(error.remedy ?? '', /^(Give|Use|Keep) .*\.$/);
          return true;
        },
      );
    });
  }

  it('is valid before anybody changes it', () => {
    validatePolicy(defaultPolicy(sampleIds.policy('new'), [sampleIds.instance('web-1')]));
  });
});
