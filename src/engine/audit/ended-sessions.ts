import type { SessionId } from '../../domain/identifiers.ts';
import type { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { StreamName } from '../../ports/event-store.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { streamPrefixes } from '../ledger/stream-names.ts';
import { type AnySessionEvent, sessionCatalogue } from '../session/session-reader.ts';
import { SessionFold } from '../session/session-summary.ts';

export interface EndedSession {
  readonly sessionId: SessionId;
  readonly stream: StreamName;
}

/** What the event store tells of its sessions. */
export interface EndedSessions {
  readonly ended: readonly EndedSession[];
  /**
   * Of which not every event can be read, and why: damaged, or written by a newer version. Those that had ended
   * before that are among the others too.
   */
  readonly unreadable: readonly (EndedSession & { readonly error: SnapledgerError })[];
}

/**
 * The sessions that have ended, by the events alone: who verifies relies on nothing that was made of
 * them before.
 *
 * @throws LEDGER_CORRUPT when the store cannot say of which stream
 */
export async function endedSessions(ledger: Ledger): Promise<EndedSessions> {
  const open = new Map<StreamName, SessionFold>();
  const ended: EndedSession[] = [];
  const unreadable: EndedSessions['unreadable'][number][] = [];
  const entries = ledger.readableEntriesOfAll<AnySessionEvent>(
    streamPrefixes.session,
    sessionCatalogue,
    { sensitive: 'left' },
  );
  for await (const entry of entries) {
    if (entry.kind === 'unreadable') {
      const { stream, error } = entry;
      const sessionId = stream.slice(streamPrefixes.session.length) as SessionId;
      unreadable.push({ sessionId, stream, error });
      open.delete(stream);
      continue;
    }
    const { stream } = entry.record;
    const fold = open.get(stream) ?? new SessionFold();
    fold.apply(entry.event);
    open.set(stream, fold);
    const { state } = fold;
    if (state === null || state.status === 'running') continue;
    ended.push({ sessionId: state.sessionId, stream });
    open.delete(stream);
  }
  return { ended, unreadable };
}
