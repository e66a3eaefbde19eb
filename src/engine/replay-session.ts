import type { BackupSession } from '../domain/backup-session/backup-session.ts';
import type { PolicyRun } from '../domain/policy-run/policy-run.ts';
import type { RepositorySession } from '../domain/repository-session/repository-session.ts';
import type { RestoreSession } from '../domain/restore-session/restore-session.ts';
import type { SessionEvent } from './session-event.ts';

/** One event of a session, and what the session was after it. */
export interface ReplayedEvent extends SessionEvent {
  readonly state: BackupSession | RestoreSession | PolicyRun | RepositorySession;
  /** What the engine had to do next. */
  readonly nextStep: string;
}
