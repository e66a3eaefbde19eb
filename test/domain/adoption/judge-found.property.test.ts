import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Found, judgeFound } from '../../../src/domain/adoption/judge-found.ts';

const anyFound: fc.Arbitrary<Found> = fc.record({
  maker: fc.constantFrom('unknown', 'unreadable', 'open', 'ended'),
  record: fc.constantFrom(
    'nothing',
    'given-up',
    'discarded',
    'torn',
    'exists',
    'exists-of-others',
    'removed',
  ),
  condition: fc.constantFrom('whole', 'spare', 'pending', 'incomplete'),
});
/** More than there are. */
const numRuns = 2_000;

function holds(claim: (found: Found) => boolean): void {
  fc.assert(fc.property(anyFound, claim), { numRuns });
}

describe('what becomes of a snapshot that is ours', () => {
  it('is nothing while its session runs, or cannot be read', () => {
    holds((found) => {
      const isLeft = found.maker === 'open' || found.maker === 'unreadable';
      return !isLeft || judgeFound(found).action === 'keep';
    });
  });

  it('is never removal of what is whole, but by a record that it was to go or is there twice', () => {
    holds((found) => {
      if (found.condition !== 'whole' || judgeFound(found).action !== 'remove') return true;
      return ['removed', 'discarded', 'exists-of-others'].includes(found.record);
    });
  });

  it('is adoption only of what is whole and does not exist by the record', () => {
    holds((found) => {
      if (judgeFound(found).action !== 'adopt') return true;
      const isUnrecorded = ['nothing', 'given-up', 'torn'].includes(found.record);
      return found.condition === 'whole' && isUnrecorded;
    });
  });

  it('is never removal, of an unknown session, of what the record does not know', () => {
    holds((found) => {
      const isStrange = found.maker === 'unknown' && found.record === 'nothing';
      return !isStrange || judgeFound(found).action !== 'remove';
    });
  });

  it('is not adoption any more once it exists, nor once retention has removed it', () => {
    holds((found) => {
      const { action } = judgeFound({ ...found, record: 'exists' });
      const later = judgeFound({ ...found, record: 'removed' });
      return action === 'keep' && later.action !== 'adopt';
    });
  });

  it('says why it is adopted', () => {
    const reasons = (['nothing', 'given-up', 'torn'] as const).map(
      (record) => judgeFound({ maker: 'ended', record, condition: 'whole' }).reason,
    );
    assert.deepEqual(reasons, ['not-recorded', 'given-up', 'given-up']);
    const strange = judgeFound({ maker: 'unknown', record: 'nothing', condition: 'whole' });
    assert.equal(strange.reason, 'unknown-session');
  });
});
