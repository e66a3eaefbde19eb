import { SnapledgerError } from './snapledger-error.ts';

/**
 * States what the code relies on. A broken assertion is a defect of this program, never of the
 * input: input is answered with an error of its own.
 */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new SnapledgerError('INTERNAL', `assertion failed: ${claim}`);
}
