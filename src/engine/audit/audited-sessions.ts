import type { EventStore, StreamName } from '../../ports/event-store.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import { streamSegment } from '../transparency-log/log-objects.ts';
import { StreamMarks } from '../transparency-log/stream-marks.ts';
import type { AuditedSession, SessionFilter } from './audit.ts';

interface AuditedParts {
  readonly directory: SessionDirectory;
  readonly eventStore: EventStore;
  readonly objectStore: ObjectStore;
}

/** The sessions that a filter lets through, oldest first by the times that they say they began at. */
export async function auditedSessions(
  { directory, eventStore, objectStore }: AuditedParts,
  { outcome, ...filter }: SessionFilter,
): Promise<readonly AuditedSession[]> {
  const marked = await new StreamMarks(objectStore).all();
  const entries = await directory.entries(
    outcome === undefined ? filter : { ...filter, status: outcome },
  );
  const sessions: AuditedSession[] = [];
  for (const entry of entries) {
    const stream = sessionStream(entry.sessionId);
    const nextRevision = marked.get(streamSegment(stream)) ?? 0;
    const seal = await sealOf(eventStore, stream, nextRevision);
    sessions.push({ ...(await directory.summaryOfEntry(entry)), actor: entry.actor, seal });
  }
  return sessions.toSorted((a, b) => a.startedAt - b.startedAt);
}

/** @param nextRevision the first one that is not sealed, by the mark in the repository */
async function sealOf(
  eventStore: EventStore,
  stream: StreamName,
  nextRevision: number,
): Promise<AuditedSession['seal']> {
  if (nextRevision === 0) return 'not-sealed';
  const last = eventStore.readStream(stream, { direction: 'backwards', limit: 1 });
  for await (const { revision } of last) {
    if (revision >= nextRevision) return 'sealed-in-part';
  }
  return 'sealed';
}
