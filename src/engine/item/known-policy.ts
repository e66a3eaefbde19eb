import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';

/** The policy that an instance belongs to, or belonged to at a moment of the past. */
export interface KnownPolicy {
  /** Null: none. */
  readonly policy: BackupPolicy | null;
  readonly from: PolicyEvidence;
}

/** What a policy is known from. */
export type PolicyEvidence =
  /** It was not asked for a moment of the past: the tags that the instance has. */
  | 'present'
  /** The tags that were recorded last before that moment. */
  | 'recorded-tags'
  /** No tags had been recorded: the policy of the last session before that moment. */
  | 'last-session'
  /** Nor does that tell: the first tags that were recorded after that moment. */
  | 'later-tags'
  /** None ever were: the tags that the instance has now. */
  | 'present-tags';
