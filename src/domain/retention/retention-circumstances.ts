import type { SessionId, TimestampMs } from '../identifiers.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import type { InstanceHistory } from './instance-history.ts';
import type { ObsoleteRule } from './obsolete-rule.ts';
import type { PointDependency } from './retention-plan.ts';
import type { RulesOf } from './retention-rule.ts';

/** All that retention goes by. */
export interface RetentionCircumstances {
  readonly history: InstanceHistory;
  /** The policy that rules over the instance; null: none does. */
  readonly policy: BackupPolicy | null;
  /** What becomes of items that no policy rules over. */
  readonly obsolete: ObsoleteRule;
  /** Whether restore points need those that they were compared with: the format says so. */
  readonly pointDependency: PointDependency;
  /**
   * The session within which retention runs, or null when asked outside of any. Its own set is not
   * in use by it, and the policy's `baseMoves` says whether that set is the only base already.
   */
  readonly during: SessionId | null;
  readonly now: TimestampMs;
  /** Default: the rules that the policy's settings stand for. */
  readonly rulesOf?: RulesOf;
}
