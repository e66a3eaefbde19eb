import type { Explanation } from '../../domain/retention/explanation.ts';
import type { PolicyId, TimestampMs } from '../../domain/identifiers.ts';
import type { MissingPoint } from '../point/missing-points.ts';
import type { FoundItem } from './found-item.ts';
import type { PolicyEvidence } from './known-policy.ts';

/** Why an item is where it is, or was at a moment of the past. */
export interface ExplainedItem extends FoundItem {
  /** The moment that is spoken of. */
  readonly at: TimestampMs;
  /** The policy that the instance belonged to at that moment; null: none. */
  readonly policyId: PolicyId | null;
  readonly policyFrom: PolicyEvidence;
  readonly explanation: Explanation;
  /** Of a restore point as it is now: it should be there, and the repository does not have it. */
  readonly missing: MissingPoint | null;
}
