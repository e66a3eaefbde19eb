import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { PolicyId } from '../../domain/identifiers.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
import type { RunPoliciesRequest } from '../engine.ts';

/** What is told of besides single policies. */
const leftRuns = 'left runs';

/**
 * Policies of which what is recorded cannot be read, as found by the looks of one loop: nothing is begun by
 * them, and the others go on.
 */
export class UnreadablePolicies {
  readonly #told = new Map<PolicyId | typeof leftRuns, string>();
  #found = new Map<PolicyId | typeof leftRuns, SnapledgerError>();

  beginLook(): void {
    this.#found = new Map();
  }

  /** That of the policy itself. */
  add(policyId: PolicyId, error: SnapledgerError): void {
    this.#found.set(
      policyId,
      because(
        error,
        `policy '${policyId}' cannot be read, so that nothing is begun by it and everything that its instances have is kept`,
      ),
    );
  }

  /** Open runs of policies that were removed could not be looked for. */
  addLeftRuns(error: SnapledgerError): void {
    const what = 'runs that are open although their policy was removed cannot be looked for';
    this.#found.set(leftRuns, because(error, what));
  }

  /** Work that is about one policy; that it cannot be read stops no other. */
  async apart(policyId: PolicyId, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!hasErrorCode(error, ...unreadableCodes)) throw error;
      if (this.#found.has(policyId)) return;
      const what = `the runs of policy '${policyId}' cannot be read, so that none is begun or gone on with`;
      this.#found.set(policyId, because(error, what));
    }
  }

  /** Tells of those that the look before did not find. */
  endLook(onTrouble: RunPoliciesRequest['onTrouble']): void {
    for (const policyId of this.#told.keys()) {
      if (!this.#found.has(policyId)) this.#told.delete(policyId);
    }
    for (const [policyId, error] of this.#found) {
      if (this.#told.get(policyId) === error.message) continue;
      this.#told.set(policyId, error.message);
      onTrouble?.(error);
    }
  }

  /**
   * Each that the last look found is told of once: one is thrown, `onTrouble` is told of the others.
   *
   * @throws the first, if any
   */
  throwFound(onTrouble: RunPoliciesRequest['onTrouble']): void {
    const [first, ...others] = this.#found.values();
    for (const error of others) onTrouble?.(error);
    if (first !== undefined) throw first;
  }
}

function because(error: SnapledgerError, what: string): SnapledgerError {
  const { code, message, remedy, details } = error;
  return new SnapledgerError(code, `${what}: ${message}`, {
    cause: error,
    details,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
