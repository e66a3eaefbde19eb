import type { BackupCommand } from '../../domain/backup-session/backup-commands.ts';
import {
  type BackupSession,
  canBeGivenUp,
  type StartedBackup,
} from '../../domain/backup-session/backup-session.ts';
import { type BackupStep, nextBackupStep } from '../../domain/backup-session/backup-step.ts';
import { decideBackup } from '../../domain/backup-session/decide-backup.ts';
import { assert } from '../../domain/errors/assert.ts';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import { loadHistory } from '../instance/load-history.ts';
import type { Ledger, Loaded } from '../ledger/ledger.ts';
import { openRestores } from '../restore/open-restores.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import type { RetentionSettingsBook } from '../settings/retention-settings-book.ts';
import { problemOf } from '../problem-of.ts';
import { verificationResults } from '../verification/verification-results.ts';
import { withRetries } from '../retry/with-retries.ts';
import { backupAggregate } from './backup-aggregate.ts';
import { freeUnrecorded } from './free-unrecorded.ts';
import { lockPoint } from './lock-point.ts';
import { performStep } from './perform-step.ts';
import type { SnapshotWaiters } from './snapshot-waiters.ts';
import type { StepContext } from './step-context.ts';
import { closeDirectRead } from './steps/read-directly.ts';

export interface BackupRun extends Pick<StepContext, 'onProgress'> {
  readonly engine: EngineContext;
  readonly ledger: Ledger;
  readonly directory: SessionDirectory;
  readonly claims: InstanceClaims;
  readonly settings: RetentionSettingsBook;
  readonly waiters: SnapshotWaiters;
  /** Aborts when the session is to be cancelled; its reason's message is recorded. */
  readonly cancelSignal: AbortSignal;
  /** Aborts when the engine closes: the session stays as it is, for another engine. */
  readonly closeSignal: AbortSignal;
  /** Called after each append. */
  readonly onRecorded: () => void;
}

/**
 * Brings a session to its end: asks for the next step, performs it, records what happened, and
 * again. It keeps nothing that is not in the events, so it can die at any line.
 *
 * @throws SESSION_FENCED when another engine has taken the session over
 * @throws INTERRUPTED when the engine closes before the session has ended
 * @throws the error of a clean-up step that still fails after its retries; the session stays open
 */
export async function runBackup(
  run: BackupRun,
  loaded: Loaded<BackupSession>,
): Promise<StartedBackup> {
  const seen: SeenHere = { workerWatch: { current: null }, directRead: { current: null } };
  let current = loaded;
  try {
    for (;;) {
      const session = current.state;
      assert(session.status !== 'not-started', 'a session that runs was started');
      const step = nextBackupStep(session);
      if (step.kind === 'nothing') return session;
      if (run.closeSignal.aborted) throw interrupted(session);
      const command = await nextCommand(run, session, step, seen);
      current = await recordOrFail(run, current, command, step, seen);
    }
  } finally {
    await closeDirectRead(seen);
  }
}

/** What belongs to this process, and may be lost with it. */
type SeenHere = Pick<StepContext, 'workerWatch' | 'directRead'>;

async function nextCommand(
  run: BackupRun,
  session: StartedBackup,
  step: BackupStep,
  seen: SeenHere,
): Promise<BackupCommand> {
  const cancel = cancellation(run, session);
  if (cancel !== null) {
    // Before anything is cleaned up: what is still under way would come after it.
    await closeDirectRead(seen);
    return cancel;
  }
  const { engine, ledger, directory, claims, settings, waiters, closeSignal } = run;
  const { instanceId } = session;
  // What cleans up goes on although the session was cancelled.
  const signal = canBeGivenUp(session)
    ? AbortSignal.any([run.cancelSignal, closeSignal])
    : closeSignal;
  const context: StepContext = {
    engine,
    session,
    history: async (restores) =>
      loadHistory(
        ledger,
        instanceId,
        restores === undefined ? [] : await openRestores(directory, instanceId),
      ),
    damagedPoints: async () => (await verificationResults(ledger)).damagedPoints,
    obsoleteRule: () => settings.obsoleteRule(),
    lockPoint: (point) => lockPoint(engine, claims, session.instanceId, point),
    clearRemovals: (items) => claims.beginRemovals(session, items, engine.clock.now()),
    waiters,
    ...(run.onProgress === undefined ? {} : { onProgress: run.onProgress }),
    ...seen,
    signal,
  };
  try {
    const { clock, random, limits } = engine;
    const retry = { policy: limits.retry, clock, random, signal };
    return await withRetries(() => performStep(context, step), retry);
  } catch (error) {
    if (closeSignal.aborted) throw interrupted(session);
    const cancelled = cancellation(run, session);
    if (cancelled !== null) return cancelled;
    // Past the commit, or ending already: there is no other way to go than this step.
    if (!canBeGivenUp(session)) throw error;
    return { type: 'RecordFailure', step: step.kind, problem: problemOf(error) };
  }
}

function cancellation(run: BackupRun, session: StartedBackup): BackupCommand | null {
  if (!run.cancelSignal.aborted || !canBeGivenUp(session)) return null;
  const { reason } = run.cancelSignal as { readonly reason: unknown };
  const text = reason instanceof Error ? reason.message : 'cancelled';
  return { type: 'Cancel', reason: text };
}

/**
 * What is too large for an event ends the session as any other failure of its step does; and so does a
 * ledger without room, when there is any once the session has given back what it can.
 */
async function recordOrFail(
  run: BackupRun,
  loaded: Loaded<BackupSession>,
  command: BackupCommand,
  step: BackupStep,
  seen: SeenHere,
): Promise<Loaded<BackupSession>> {
  try {
    return await record(run, loaded, command);
  } catch (error) {
    const { state } = loaded;
    const canFail = state.status !== 'not-started' && canBeGivenUp(state);
    if (!canFail || !hasErrorCode(error, 'LIMIT_EXCEEDED', 'STORE_FULL')) throw error;
    if (error.code === 'STORE_FULL') {
      await closeDirectRead(seen);
      await freeUnrecorded(run.engine, state);
    }
    const problem = problemOf(command.type === 'RecordInstance' ? tooMuchToTell(error) : error);
    return record(run, loaded, { type: 'RecordFailure', step: step.kind, problem });
  }
}

function tooMuchToTell(cause: SnapledgerError): SnapledgerError {
  return new SnapledgerError(
    'LIMIT_EXCEEDED',
    `the description of the instance is too large: ${cause.message}`,
    { cause, remedy: 'Shorten what its configuration holds (tags, user data), or detach volumes.' },
  );
}

async function record(
  run: BackupRun,
  loaded: Loaded<BackupSession>,
  command: BackupCommand,
): Promise<Loaded<BackupSession>> {
  const events = decideBackup(command, loaded.state);
  try {
    const next = await run.ledger.append(loaded, events, command.type, backupAggregate);
    run.onRecorded();
    return next;
  } catch (error) {
    if (!hasErrorCode(error, 'REVISION_CONFLICT')) throw error;
    throw new SnapledgerError('SESSION_FENCED', 'another engine has taken this session over', {
      cause: error,
    });
  }
}

function interrupted({ sessionId }: StartedBackup): SnapledgerError {
  return new SnapledgerError(
    'INTERRUPTED',
    `the engine was closed before session ${sessionId} had ended`,
    { retry: 'retryable', remedy: `'snapledger resume' brings it to its end.` },
  );
}
