import type { InstanceEvent } from '../../domain/instance/instance-events.ts';
import type { EventStore, StreamName } from '../../ports/event-store.ts';
import type { DomainEvent } from '../ledger/domain-event.ts';
import { instanceCatalogue } from '../ledger/event-catalogues.ts';
import { checkEvent, decodeEvent, hasSensitive } from '../ledger/event-codec.ts';
import type { EventCatalogue } from '../ledger/event-schema.ts';
import { type AnySessionEvent, sessionCatalogue } from '../session/session-reader.ts';

export interface SensitiveEvents {
  readonly sealedEvents: number;
  readonly eventsInClear: number;
}

/**
 * How many events of an instance say something sensitive: sealed, or in clear as earlier versions did.
 *
 * @throws UNKNOWN_EVENT, LEDGER_CORRUPT
 */
export async function countSensitiveEvents(
  eventStore: EventStore,
  instance: StreamName,
  sessions: readonly StreamName[],
): Promise<SensitiveEvents> {
  let counts = await countIn<InstanceEvent>(eventStore, instance, instanceCatalogue);
  for (const stream of sessions) {
    const more = await countIn<AnySessionEvent>(eventStore, stream, sessionCatalogue);
    counts = {
      sealedEvents: counts.sealedEvents + more.sealedEvents,
      eventsInClear: counts.eventsInClear + more.eventsInClear,
    };
  }
  return counts;
}

async function countIn<Event extends DomainEvent>(
  eventStore: EventStore,
  stream: StreamName,
  catalogue: EventCatalogue<Event>,
): Promise<SensitiveEvents> {
  let sealedEvents = 0;
  let eventsInClear = 0;
  for await (const record of eventStore.readStream(stream)) {
    if (checkEvent(record, catalogue).sealed.length > 0) sealedEvents += 1;
    // Today's version of it has something to seal, and what was recorded has nothing sealed.
    else if (hasSensitive(decodeEvent(record, catalogue), catalogue)) eventsInClear += 1;
  }
  return { sealedEvents, eventsInClear };
}
