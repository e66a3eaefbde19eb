import type { InstanceId } from '../../../domain/identifiers.ts';
import type { EventStore, StreamName } from '../../../ports/event-store.ts';
import { instanceStream, sessionStream, streamPrefixes } from '../../ledger/stream-names.ts';
import type { AuditedSession, ExportSelection, SessionFilter } from '../audit.ts';

export interface SelectionParts {
  readonly eventStore: EventStore;
  readonly sessions: (filter: SessionFilter) => Promise<readonly AuditedSession[]>;
}

/**
 * The streams whose records are exported; null: all. With sessions go the streams of their instances:
 * what was held, put off and forgotten is there. Each stream is whole, because its chain can only be
 * checked from its first event on.
 */
export async function selectedStreams(
  selection: ExportSelection,
  parts: SelectionParts,
): Promise<readonly StreamName[] | null> {
  switch (selection.kind) {
    case 'everything':
      return null;
    case 'session':
      return [sessionStream(selection.sessionId)];
    case 'sessions': {
      const sessions = await parts.sessions(selection.filter);
      const ofSessions = sessions.map(({ sessionId }) => sessionStream(sessionId));
      return [...(await instancesOf(selection.filter, sessions, parts)), ...ofSessions];
    }
  }
}

async function instancesOf(
  filter: SessionFilter,
  sessions: readonly AuditedSession[],
  { eventStore }: SelectionParts,
): Promise<readonly StreamName[]> {
  const { instanceId: only, since, until, outcome, actor } = filter;
  if (only !== undefined) return [instanceStream(only)];
  const ids = sessions.flatMap(({ instanceId }): readonly InstanceId[] =>
    instanceId === null ? [] : [instanceId],
  );
  const streams = new Set(ids.map(instanceStream));
  // An outcome or an actor asks for sessions. A period also asks for what happened in no session.
  if (outcome === undefined && actor === undefined) {
    for await (const { stream, metadata } of eventStore.readAll({
      streamPrefix: streamPrefixes.instance,
    })) {
      const { recordedAt } = metadata;
      if ((since ?? -Infinity) <= recordedAt && recordedAt < (until ?? Infinity)) {
        streams.add(stream);
      }
    }
  }
  return [...streams];
}
