import type { BackupSessionEvent } from '../../domain/backup-session/backup-events.ts';
import {
  type BackupSession,
  initialBackupSession,
  type StartedBackup,
} from '../../domain/backup-session/backup-session.ts';
import { evolveBackup } from '../../domain/backup-session/evolve-backup.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import {
  evolveRestore,
  initialRestoreSession,
  type RestoreSession,
  type StartedRestore,
} from '../../domain/restore-session/restore-session.ts';
import type { SessionSummary } from '../engine.ts';
import { type AnySessionEvent, isRestoreEvent } from './session-reader.ts';

/** The states of a session of either kind; the other one stays not started. */
export class SessionFold {
  #backup: BackupSession = initialBackupSession;
  #restore: RestoreSession = initialRestoreSession;

  apply(event: AnySessionEvent): void {
    if (isRestoreEvent(event)) this.#restore = evolveRestore(this.#restore, event);
    else this.#backup = evolveBackup(this.#backup, event satisfies BackupSessionEvent);
  }

  /** Null before the first event. */
  get state(): StartedBackup | StartedRestore | null {
    if (this.#backup.status !== 'not-started') return this.#backup;
    if (this.#restore.status !== 'not-started') return this.#restore;
    return null;
  }
}

/**
 * What a list shows of a session.
 *
 * @param isAtWork whether a living engine works on it; asked only of sessions that have not ended
 */
export async function summarise(
  session: StartedBackup | StartedRestore,
  isAtWork: (sessionId: SessionId) => Promise<boolean>,
): Promise<SessionSummary> {
  const { sessionId, instanceId, status, startedAt, endedAt } = session;
  const unfinished = async (): Promise<SessionSummary['condition']> =>
    (await isAtWork(sessionId)) ? 'at-work' : 'interrupted';
  const condition = status === 'running' ? await unfinished() : 'ended';
  const common = { sessionId, instanceId, status, condition, startedAt, endedAt };
  return 'scope' in session
    ? { ...common, ...backupPart(session) }
    : { ...common, ...restorePart(session) };
}

type KindPart = Omit<
  SessionSummary,
  'sessionId' | 'instanceId' | 'status' | 'condition' | 'startedAt' | 'endedAt'
>;

function backupPart({ kind, scope, ending, warnings, point, transfers }: StartedBackup): KindPart {
  const problems = ending?.outcome === 'failed' ? [ending.problem, ...warnings] : warnings;
  return {
    kind,
    scope,
    problems,
    pointId: point?.pointId ?? null,
    blocksRead: sum(transfers.map(({ blocksRead }) => blocksRead)),
    bytesRead: sum(transfers.map(({ bytesRead }) => bytesRead)),
    blocksStored: sum(transfers.map(({ blocksStored }) => blocksStored)),
    bytesStored: sum(transfers.map(({ bytesStored }) => bytesStored)),
  };
}

function restorePart({ problem, pointId, restored }: StartedRestore): KindPart {
  return {
    kind: 'restore',
    scope: null,
    problems: problem === null ? [] : [problem],
    pointId,
    blocksRead: 0,
    bytesRead: sum(restored.map(({ bytesWritten }) => bytesWritten)),
    blocksStored: 0,
    bytesStored: 0,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
