import { hasErrorCode, type SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { RecordingSession } from '../../domain/adoption/recorded-items.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
import type { SessionDirectory, UnreadableSession } from '../session/session-directory.ts';
import type { StartedSession } from '../session/session-summary.ts';
import type { ReconciledRestore } from './plan-reconciliation.ts';

/** What is asked of the ledger. */
export type KnownSessions = Pick<SessionDirectory, 'entries' | 'stateOf' | 'summaryOf'>;

/** What the sessions of the ledger have made and removed in the cloud. */
export interface ReadSessions {
  readonly backups: readonly RecordingSession[];
  readonly restores: readonly ReconciledRestore[];
  readonly unreadable: readonly UnreadableSession[];
}

/**
 * Reads every session of the ledger.
 *
 * @throws the signal's reason
 */
export async function readKnownSessions(
  directory: KnownSessions,
  signal: AbortSignal,
): Promise<ReadSessions> {
  const backups: RecordingSession[] = [];
  const restores: ReconciledRestore[] = [];
  const unreadable: UnreadableSession[] = [];
  for (const { sessionId } of await directory.entries({})) {
    signal.throwIfAborted();
    const read = await readState(directory, sessionId);
    if (read.kind === 'unreadable') {
      unreadable.push({ sessionId, error: read.error });
      continue;
    }
    const { state } = read;
    if ('restored' in state) {
      const { status, restored, launched } = state;
      restores.push({ sessionId, status, restored, launched });
    }
    if (!('snapshotSet' in state)) continue;
    const { status, snapshotSet, replicas, removed, unremoved, adopted } = state;
    backups.push({ sessionId, status, snapshotSet, replicas, removed, unremoved, adopted });
  }
  return { backups, restores, unreadable };
}

async function readState(
  directory: KnownSessions,
  sessionId: SessionId,
): Promise<
  | { readonly kind: 'read'; readonly state: StartedSession }
  | { readonly kind: 'unreadable'; readonly error: SnapledgerError }
> {
  try {
    return { kind: 'read', state: await directory.stateOf(sessionId) };
  } catch (error) {
    if (!hasErrorCode(error, ...unreadableCodes)) throw error;
    return { kind: 'unreadable', error };
  }
}
