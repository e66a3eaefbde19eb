import type { BackupScope, Problem } from '../domain/backup-session/backup-events.ts';
import type { SessionStatus } from '../domain/backup-session/backup-session.ts';
import type {
  InstanceId,
  PointId,
  PolicyId,
  SessionId,
  TimestampMs,
} from '../domain/identifiers.ts';
import type { ItemRef } from '../domain/retention/retention-plan.ts';

/** What a list shows of a session. */
export interface SessionSummary {
  readonly sessionId: SessionId;
  readonly kind:
    | 'backup'
    | 'maintenance'
    | 'restore'
    | 'policy-run'
    | 'collection'
    | 'verification'
    | 'repacking'
    | 'merging'
    | 'repair';
  /** Null for the run of a policy, and for work on the whole repository. */
  readonly instanceId: InstanceId | null;
  /** The policy by which it is done; null when there is none. */
  readonly policyId: PolicyId | null;
  readonly status: SessionStatus;
  /** True while no living engine works on a session that has not ended. */
  readonly condition: 'ended' | 'at-work' | 'interrupted';
  readonly startedAt: TimestampMs;
  readonly endedAt: TimestampMs | null;
  /** What went wrong: one for a failed session, any number of warnings. */
  readonly problems: readonly Problem[];
  readonly scope: BackupScope | null;
  /** That was made, or is restored. */
  readonly pointId: PointId | null;
  /** What a restore is of; null for every other session. */
  readonly source: ItemRef | null;
  readonly blocksRead: number;
  readonly bytesRead: number;
  readonly blocksStored: number;
  readonly bytesStored: number;
}
