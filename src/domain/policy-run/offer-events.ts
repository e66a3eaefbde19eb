import type { PolicyId, TimestampMs } from '../identifiers.ts';

/** A run of this policy is due, and may be begun by whichever engine is handed this. */
export interface RunOffered {
  readonly type: 'RunOffered';
  readonly data: {
    readonly policyId: PolicyId;
    /** The first time that no earlier run took care of. */
    readonly dueAt: TimestampMs;
  };
}

/**
 * Stream `run-offers`, in stores that hand events out. An offer is no claim: it says where to look, once
 * or several times, in any order, and the stream of the policy's schedule decides.
 */
export type OfferEvent = RunOffered;
