import type { StreamName } from '../../ports/event-store.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { streamPrefixes } from '../ledger/stream-names.ts';
import { type AnySessionEvent, sessionCatalogue } from '../session/session-reader.ts';
import { SessionFold } from '../session/session-summary.ts';
import type { EndedSession } from './verify-ledger.ts';

/**
 * The sessions that have ended, by the events alone: who verifies relies on nothing that was made of
 * them before.
 *
 * @throws LEDGER_CORRUPT
 */
export async function endedSessions(ledger: Ledger): Promise<readonly EndedSession[]> {
  const open = new Map<StreamName, SessionFold>();
  const ended: EndedSession[] = [];
  const entries = ledger.entriesOfAll<AnySessionEvent>(streamPrefixes.session, sessionCatalogue);
  for await (const { event, record } of entries) {
    const { stream } = record;
    const fold = open.get(stream) ?? new SessionFold();
    fold.apply(event);
    open.set(stream, fold);
    const { state } = fold;
    if (state === null || state.status === 'running') continue;
    ended.push({ sessionId: state.sessionId, stream });
    open.delete(stream);
  }
  return ended;
}
