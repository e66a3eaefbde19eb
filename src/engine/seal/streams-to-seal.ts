import type { InstanceId, SessionId } from '../../domain/identifiers.ts';
import type { EventStore, StreamName } from '../../ports/event-store.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { instanceStream, sessionStream, streamPrefixes } from '../ledger/stream-names.ts';
import { streamMarksPrefix, streamsPrefix } from '../transparency-log/log-objects.ts';
import type { StreamToSeal } from '../transparency-log/log-writer.ts';

/** A session is about its instance: who forgets the instance forgets its sessions. */
export function sessionToSeal(sessionId: SessionId, instanceId: InstanceId): StreamToSeal {
  return { stream: sessionStream(sessionId), subject: instanceStream(instanceId) };
}

/** The streams that never end: of all instances, and of all policies. */
export async function standingStreams(eventStore: EventStore): Promise<readonly StreamToSeal[]> {
  const streams = new Set<StreamName>();
  for (const streamPrefix of [streamPrefixes.policy, streamPrefixes.instance]) {
    for await (const { stream } of eventStore.readAll({ streamPrefix })) streams.add(stream);
  }
  return [...streams].map((stream) => ({ stream, subject: stream }));
}

/** The sessions that have a mark in the repository: they were sealed after they had ended. */
export async function markedSessions(objectStore: ObjectStore): Promise<ReadonlySet<StreamName>> {
  const marked = new Set<StreamName>();
  const prefix = streamMarksPrefix(streamPrefixes.session as StreamName).slice(0, -1);
  for await (const { key } of objectStore.list(prefix)) {
    const [stream = ''] = key.slice(streamsPrefix.length).split('/');
    marked.add(stream as StreamName);
  }
  return marked;
}
