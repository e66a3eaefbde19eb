import { isSnapledgerError, type SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { RunPoliciesRequest } from '../engine.ts';

/** Looks for due runs that may fail in a row, `policyLookMaxMs` apart: a day of them at 30 seconds. */
export const failedPolicyLooksMax = 2_880;

export interface FailedLooksOptions {
  /** Looks that may fail one after the other; one more ends the loop. */
  readonly failuresMax: number;
  /** Told when the first of several loops is in trouble. */
  readonly onTrouble: ((error: SnapledgerError) => void) | undefined;
  /** Those of the loops that are; what ails one ails the other, and is told once. */
  readonly inTrouble: Set<FailedLooks>;
}

/** What is asked of one of the loops of `runPolicies`. */
export type LoopRequest = RunPoliciesRequest & Pick<FailedLooksOptions, 'inTrouble'>;

/**
 * The failures of a loop that looks for what is due: a ledger or a cloud that does not answer for a
 * while must not end it, but not pass unnoticed for ever either.
 */
export class FailedLooks {
  readonly #options: FailedLooksOptions;
  #inARow = 0;

  constructor(options: FailedLooksOptions) {
    this.#options = options;
  }

  /** @throws the error, when another look cannot help or when too many have failed */
  failed(error: unknown): void {
    const { failuresMax, onTrouble, inTrouble } = this.#options;
    this.#inARow += 1;
    if (!isPassing(error) || this.#inARow > failuresMax) throw error;
    if (inTrouble.size === 0) onTrouble?.(error);
    inTrouble.add(this);
  }

  succeeded(): void {
    this.#inARow = 0;
    this.#options.inTrouble.delete(this);
  }
}

/** Whether what failed may succeed later, as it is. */
export function isPassing(error: unknown): error is SnapledgerError {
  return isSnapledgerError(error) && error.retry === 'retryable';
}
