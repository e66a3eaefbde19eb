import type { AdoptionReason } from '../../domain/backup-session/adoption-events.ts';
import type { Explanation } from '../../domain/retention/explanation.ts';
import type { PolicyId, SessionId, TimestampMs } from '../../domain/identifiers.ts';
import type { MissingPoint } from '../point/missing-points.ts';
import type { FoundItem } from './found-item.ts';
import type { PolicyEvidence } from './known-policy.ts';

/** That an item was taken into the ledger after it was found in the cloud. */
export interface AdoptionOfItem {
  readonly sessionId: SessionId;
  readonly adoptedAt: TimestampMs;
  readonly reason: AdoptionReason;
}

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
  /** Null: a session of the instance made it and recorded that itself. */
  readonly adoption: AdoptionOfItem | null;
}
