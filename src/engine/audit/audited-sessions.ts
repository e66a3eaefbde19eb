import type { ObjectStore } from '../../ports/object-store.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import { markedSessions } from '../seal/streams-to-seal.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import type { AuditedSession, SessionFilter } from './audit.ts';

/** The sessions that a filter lets through, oldest first. */
export async function auditedSessions(
  parts: { readonly directory: SessionDirectory; readonly objectStore: ObjectStore },
  { outcome, ...filter }: SessionFilter,
): Promise<readonly AuditedSession[]> {
  const { directory, objectStore } = parts;
  const sealed = await markedSessions(objectStore);
  const entries = await directory.entries(
    outcome === undefined ? filter : { ...filter, status: outcome },
  );
  return Promise.all(
    entries.map(async (entry): Promise<AuditedSession> => {
      const seal = sealed.has(sessionStream(entry.sessionId)) ? 'sealed' : 'not-sealed';
      return { ...(await directory.summaryOfEntry(entry)), actor: entry.actor, seal };
    }),
  );
}
