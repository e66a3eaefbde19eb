import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { InstanceEvent } from '../../../domain/instance/instance-events.ts';
import type { RecordedEvent, StreamName } from '../../../ports/event-store.ts';
import { instanceCatalogue } from '../../ledger/event-catalogues.ts';
import type { EventCatalogue } from '../../ledger/event-schema.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { instanceStream, streamPrefixes } from '../../ledger/stream-names.ts';
import { type AnySessionEvent, sessionCatalogue } from '../../session/session-reader.ts';
import { ClockWatch } from '../clock-remarks.ts';
import { type TimelineEntry, type Told, told } from './timeline-entry.ts';
import { InstanceTeller } from './told-by-instance.ts';
import { SessionTeller } from './told-by-session.ts';

const catalogue: EventCatalogue<AnySessionEvent | InstanceEvent> = {
  ...sessionCatalogue,
  ...instanceCatalogue,
};

/**
 * Everything that the sessions of an instance, and its own stream, tell, in the order of its times; what a stream
 * tells stays in the stream's own order, though a clock went back meanwhile.
 *
 * Times and that order are what the chain proves. Where the store has events of different streams counts only among
 * those of one millisecond: whoever can write to the store can move them.
 *
 * @throws UNKNOWN_EVENT, LEDGER_CORRUPT for a stream that cannot be read, unless it is known to be of
 *   another instance; what getting the key of the note of a legal hold throws
 */
export async function instanceTimeline(
  ledger: Ledger,
  instanceId: InstanceId,
): Promise<readonly TimelineEntry[]> {
  const ownStream = instanceStream(instanceId);
  const ofInstance = new Map<StreamName, SessionId>();
  const ofOthers = new Set<StreamName>();
  const sessions = new SessionTeller();
  const instance = new InstanceTeller(instanceId);
  const clock = new ClockWatch();
  const timeline: { readonly at: number; readonly entry: TimelineEntry }[] = [];
  /** Of each stream the latest time so far: nothing in it comes before what it says earlier. */
  const reached = new Map<StreamName, number>();
  let withNotes: ReadonlyMap<number, InstanceEvent> | null = null;

  const add = (
    record: RecordedEvent,
    sessionId: SessionId | null,
    ofEvent: readonly Told[],
  ): void => {
    const { stream, revision, metadata } = record;
    const { recordedAt, actor } = metadata;
    const wentBack = clock.note(record);
    const remarks =
      wentBack === null
        ? []
        : [
            told('clock', stream, 'went-back', [
              { kind: 'recorded-before', previousAt: wentBack.previousAt },
            ]),
          ];
    const at = Math.max(recordedAt, reached.get(stream) ?? recordedAt);
    reached.set(stream, at);
    for (const one of [...remarks, ...ofEvent]) {
      timeline.push({ at, entry: { recordedAt, sessionId, stream, revision, actor, ...one } });
    }
  };

  const entries = ledger.readableEntriesOfAll<AnySessionEvent | InstanceEvent>(
    (stream) => stream === ownStream || stream.startsWith(streamPrefixes.session),
    catalogue,
    { sensitive: 'left' },
  );
  for await (const entry of entries) {
    if (entry.kind === 'unreadable') {
      if (ofOthers.has(entry.stream)) continue;
      throw entry.error;
    }
    const { event, record } = entry;
    const { stream } = record;
    if (stream === ownStream) {
      let ofStream = event as InstanceEvent;
      if (event.type === 'HoldPlaced' && event.data.hold.kind === 'legal-hold') {
        // Why somebody held it is what an auditor asks for; nothing else needs a key.
        withNotes ??= await openedEvents(ledger, ownStream);
        ofStream = withNotes.get(record.revision) ?? ofStream;
      }
      const { data } = ofStream;
      add(record, 'sessionId' in data ? data.sessionId : null, instance.tell(ofStream));
      continue;
    }
    const { data } = event;
    if ('instanceId' in data && 'sessionId' in data && data.instanceId === instanceId) {
      ofInstance.set(stream, data.sessionId);
    }
    const sessionId = ofInstance.get(stream);
    if (sessionId === undefined) ofOthers.add(stream);
    else add(record, sessionId, sessions.tell(event as AnySessionEvent, sessionId));
  }
  return timeline.toSorted((a, b) => a.at - b.at).map(({ entry }) => entry);
}

async function openedEvents(
  ledger: Ledger,
  stream: StreamName,
): Promise<ReadonlyMap<number, InstanceEvent>> {
  const entries = ledger.entries<InstanceEvent>(stream, instanceCatalogue);
  return new Map(
    await Array.fromAsync(entries, ({ event, record }) => [record.revision, event] as const),
  );
}
