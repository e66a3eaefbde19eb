import type { ObjectStore } from '../../ports/object-store.ts';
import type { StreamName } from '../../ports/event-store.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sessionStream, streamPrefixes } from '../ledger/stream-names.ts';
import { markedSessions } from '../seal/streams-to-seal.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import { type AnySessionEvent, sessionCatalogue } from '../session/session-reader.ts';
import type { AuditedSession, SessionFilter } from './audit.ts';

/** The sessions that a filter lets through, oldest first. */
export async function auditedSessions(
  parts: {
    readonly ledger: Ledger;
    readonly directory: SessionDirectory;
    readonly objectStore: ObjectStore;
  },
  filter: SessionFilter,
): Promise<readonly AuditedSession[]> {
  const { ledger, directory, objectStore } = parts;
  const sealed = await markedSessions(objectStore);
  const beginners = await beginnersOf(ledger);
  const summaries = await directory.list(filter.instanceId ?? null);
  return summaries
    .map((summary): AuditedSession => {
      const stream = sessionStream(summary.sessionId);
      const seal = sealed.has(stream) ? 'sealed' : 'not-sealed';
      return { ...summary, actor: beginners.get(stream) ?? '', seal };
    })
    .filter((session) => isLetThrough(session, filter));
}

function isLetThrough(
  { startedAt, status, actor }: AuditedSession,
  { since, until, outcome, actor: wanted }: SessionFilter,
): boolean {
  if (since !== undefined && startedAt < since) return false;
  if (until !== undefined && startedAt >= until) return false;
  if (outcome !== undefined && status !== outcome) return false;
  return wanted === undefined || actor === wanted;
}

/** Who recorded the first event of each session. */
async function beginnersOf(ledger: Ledger): Promise<ReadonlyMap<StreamName, string>> {
  const beginners = new Map<StreamName, string>();
  const entries = ledger.entriesOfAll<AnySessionEvent>(streamPrefixes.session, sessionCatalogue);
  for await (const { record } of entries) {
    if (record.revision === 0) beginners.set(record.stream, record.metadata.actor);
  }
  return beginners;
}
