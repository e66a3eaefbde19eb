import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import { nextRemovalAt } from '../../../src/domain/retention/next-removal.ts';
import { planRetention } from '../../../src/domain/retention/plan-retention.ts';
import type { RetentionCircumstances } from '../../../src/domain/retention/retention-circumstances.ts';
import { expiriesOf, removalsOf } from '../../../src/domain/retention/retention-plan.ts';
import { arbitraryCircumstances } from '../../../src/verification/arbitrary-circumstances.ts';

const dayMs = 86_400_000;
const centuryMs = 36_525 * dayMs;

/** What would leave if retention ran at this moment and nothing had happened since. */
function leavingAt(given: RetentionCircumstances, at: number): readonly string[] {
  const plan = planRetention({ ...given, now: at as TimestampMs });
  return [...removalsOf(plan), ...expiriesOf(plan)].map(({ id }) => id);
}

describe('the next removal by time alone, for any history and policy,', () => {
  it('is the first moment at which something leaves', () => {
    const met = { now: 0, later: 0, never: 0 };
    fc.assert(
      fc.property(
        arbitraryCircumstances,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (circumstances, part) => {
          const given = { ...circumstances, during: null };
          const { now } = given;
          const next = nextRemovalAt(given);
          if (next === null) {
            met.never += 1;
            for (const later of [0, part * centuryMs, 2 * centuryMs]) {
              assert.deepEqual(leavingAt(given, now + Math.floor(later)), []);
            }
            return;
          }
          assert.ok(next >= now);
          assert.notDeepEqual(leavingAt(given, next), []);
          if (next === now) {
            met.now += 1;
            return;
          }
          met.later += 1;
          assert.deepEqual(leavingAt(given, next - 1), []);
          assert.deepEqual(leavingAt(given, now + Math.floor(part * (next - now - 1))), []);
        },
      ),
      { numRuns: 6_000 },
    );
    for (const [answer, times] of Object.entries(met)) assert.ok(times > 20, `${answer}: ${times}`);
  });
});
