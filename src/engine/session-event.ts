import type { BackupSessionEvent } from '../domain/backup-session/backup-events.ts';
import type { RepositorySessionEvent } from '../domain/repository-session/repository-events.ts';
import type { PolicyRunEvent } from '../domain/policy-run/policy-run-events.ts';
import type { RestoreSessionEvent } from '../domain/restore-session/restore-events.ts';
import type { SessionId, TimestampMs } from '../domain/identifiers.ts';

/** An event of a session together with where and when it was recorded. */
export interface SessionEvent {
  readonly sessionId: SessionId;
  readonly revision: number;
  readonly recordedAt: TimestampMs;
  readonly actor: string;
  readonly event:
    BackupSessionEvent | RestoreSessionEvent | PolicyRunEvent | RepositorySessionEvent;
}
