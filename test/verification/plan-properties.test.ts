import { describe, it } from 'node:test';
import fc from 'fast-check';
import { arbitraryCircumstances } from '../../src/verification/arbitrary-circumstances.ts';
import { circumstancesInWords } from '../../src/verification/in-words.ts';
import { planProperties } from '../../src/verification/plan-properties.ts';

describe('a retention plan, for any history, policy and time,', () => {
  for (const { name, check } of planProperties) {
    it(name, () => {
      fc.assert(
        fc.property(arbitraryCircumstances, (circumstances) => {
          try {
            check(circumstances);
          } catch (error) {
            throw new Error(circumstancesInWords(circumstances), { cause: error });
          }
        }),
        { numRuns: 2_000 },
      );
    });
  }
});
