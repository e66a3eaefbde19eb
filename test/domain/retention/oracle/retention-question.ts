import type { StartedBackup } from '../../../../src/domain/backup-session/backup-session.ts';
import type { SessionId, TimestampMs } from '../../../../src/domain/identifiers.ts';
import type { InstanceState } from '../../../../src/domain/instance/instance-state.ts';
import type { BackupPolicy } from '../../../../src/domain/policy/backup-policy.ts';
import type { ObsoleteRule } from '../../../../src/domain/retention/obsolete-rule.ts';
import type { ItemRef, PointDependency } from '../../../../src/domain/retention/retention-plan.ts';

/** All that docs/retention.md says a decision depends on. */
export interface RetentionQuestion {
  /** In the order of their claims. */
  readonly sessions: readonly StartedBackup[];
  readonly instance: InstanceState;
  /** Those that have not ended. */
  readonly restores: readonly { readonly sessionId: SessionId; readonly source: ItemRef }[];
  readonly policy: BackupPolicy | null;
  readonly obsolete: ObsoleteRule;
  /** Null: asked from outside of any session. */
  readonly deciding: SessionId | null;
  readonly now: TimestampMs;
  readonly dependency: PointDependency;
}
