import type { BackupSessionEvent } from '../../domain/backup-session/backup-events.ts';
import { nextBackupStep } from '../../domain/backup-session/backup-step.ts';
import { initialBackupSession } from '../../domain/backup-session/backup-session.ts';
import { evolveBackup } from '../../domain/backup-session/evolve-backup.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { PolicyRunEvent } from '../../domain/policy-run/policy-run-events.ts';
import { nextPolicyRunStep } from '../../domain/policy-run/policy-run-step.ts';
import { evolvePolicyRun, initialPolicyRun } from '../../domain/policy-run/policy-run.ts';
import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type { RepositoryWork } from '../../domain/repository-session/repository-work.ts';
import {
  evolveRepositorySession,
  initialRepositorySession,
} from '../../domain/repository-session/repository-session.ts';
import type { RestoreSessionEvent } from '../../domain/restore-session/restore-events.ts';
import {
  evolveRestore,
  initialRestoreSession,
} from '../../domain/restore-session/restore-session.ts';
import type { RecordedEvent } from '../../ports/event-store.ts';
import {
  backupCatalogue,
  policyRunCatalogue,
  repositoryCatalogue,
  restoreCatalogue,
} from '../ledger/event-catalogues.ts';
import type { EventCatalogue } from '../ledger/event-schema.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LedgerCursor } from '../ledger/ledger-cursor.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import type { ReplayedEvent } from '../replay-session.ts';
import type { SessionEvent } from '../session-event.ts';
import type { SessionFeed } from './session-feed.ts';

export type AnySessionEvent =
  BackupSessionEvent | RestoreSessionEvent | PolicyRunEvent | RepositorySessionEvent;

/** All types that the stream of a session can hold, whatever its kind. */
export const sessionCatalogue: EventCatalogue<AnySessionEvent> = {
  ...backupCatalogue,
  ...restoreCatalogue,
  ...policyRunCatalogue,
  ...repositoryCatalogue,
};

/** The events of a session of any kind, in order; none when there is no such session. */
export async function* sessionEvents(
  ledger: Ledger,
  sessionId: SessionId,
): AsyncGenerator<SessionEvent, void> {
  for await (const entry of ledger.entries<AnySessionEvent>(
    sessionStream(sessionId),
    sessionCatalogue,
  )) {
    yield sessionEvent(sessionId, entry);
  }
}

/** The same, and then each new one as `feed` tells of it; ends when the feed is over. */
export async function* followSession(
  ledger: Ledger,
  sessionId: SessionId,
  feed: SessionFeed,
): AsyncGenerator<SessionEvent, void> {
  const stream = sessionStream(sessionId);
  let cursor: LedgerCursor | undefined;
  for (;;) {
    // Looked at before reading, so that nothing recorded meanwhile is missed.
    const { version, isOver } = feed;
    const options = cursor === undefined ? {} : { cursor };
    for await (const entry of ledger.entries<AnySessionEvent>(stream, sessionCatalogue, options)) {
      cursor = entry.next;
      yield sessionEvent(sessionId, entry);
    }
    if (isOver) return;
    await feed.changedSince(version);
  }
}

const nextStepOf = {
  collection: 'collect',
  verification: 'verify',
  repacking: 'repack',
  merging: 'merge',
  repair: 'repair',
} as const satisfies Record<RepositoryWork, string>;

/** Folds a session again, event by event. */
export async function* replaySession(
  ledger: Ledger,
  sessionId: SessionId,
): AsyncGenerator<ReplayedEvent, void> {
  let backup = initialBackupSession;
  let restore = initialRestoreSession;
  let run = initialPolicyRun;
  let maintenance = initialRepositorySession;
  for await (const one of sessionEvents(ledger, sessionId)) {
    if (isRestoreEvent(one.event)) {
      restore = evolveRestore(restore, one.event);
      const nextStep = restore.status === 'running' ? 'restore-volumes' : 'nothing';
      yield { ...one, state: restore, nextStep };
    } else if (isPolicyRunEvent(one.event)) {
      run = evolvePolicyRun(run, one.event);
      yield { ...one, state: run, nextStep: nextPolicyRunStep(run).kind };
    } else if (isRepositoryEvent(one.event)) {
      maintenance = evolveRepositorySession(maintenance, one.event);
      const nextStep = maintenance.status === 'running' ? nextStepOf[maintenance.work] : 'nothing';
      yield { ...one, state: maintenance, nextStep };
    } else {
      backup = evolveBackup(backup, one.event);
      yield { ...one, state: backup, nextStep: nextBackupStep(backup).kind };
    }
  }
}

interface SessionRecord {
  readonly event: AnySessionEvent;
  readonly record: RecordedEvent;
}

function sessionEvent(sessionId: SessionId, { event, record }: SessionRecord): SessionEvent {
  const { recordedAt, actor } = record.metadata;
  return { sessionId, revision: record.revision, recordedAt, actor, event };
}

export function isRestoreEvent(event: AnySessionEvent): event is RestoreSessionEvent {
  return Object.hasOwn(restoreCatalogue, event.type);
}

export function isRepositoryEvent(event: AnySessionEvent): event is RepositorySessionEvent {
  return Object.hasOwn(repositoryCatalogue, event.type);
}

export function isPolicyRunEvent(event: AnySessionEvent): event is PolicyRunEvent {
  return Object.hasOwn(policyRunCatalogue, event.type);
}
