import { Packr } from 'msgpackr';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { RecordedEvent } from '../../ports/event-store.ts';
import type { DomainEvent } from './domain-event.ts';

/**
 * The types of one kind of stream, with the schema version that is written today. Reading an
 * older version goes through an upcaster; every type is at its first version so far.
 */
export type EventCatalogue<Event extends DomainEvent> = Readonly<
  Record<Event['type'], { readonly schemaVersion: number }>
>;

/** Plain maps with string keys, so that any msgpack reader can show an event. */
const packr = new Packr({ useRecords: false });

export function encodeEventData(event: DomainEvent): Uint8Array {
  return packr.pack(event.data);
}

/**
 * @throws UNKNOWN_EVENT for a type or version that this program does not know: a newer engine
 *   wrote it
 * @throws LEDGER_CORRUPT when the data cannot be decoded
 */
export function decodeEvent<Event extends DomainEvent>(
  recorded: RecordedEvent,
  catalogue: EventCatalogue<Event>,
): Event {
  const { type, data, metadata, stream, revision } = recorded;
  if (!isTypeOf(type, catalogue)) {
    throw unknown(recorded, `of the type '${type}'`);
  }
  if (metadata.schemaVersion > catalogue[type].schemaVersion) {
    throw unknown(recorded, `a '${type}' of version ${metadata.schemaVersion}`);
  }
  try {
    return { type, data: packr.unpack(data) as Event['data'] } as Event;
  } catch (cause) {
    throw new SnapledgerError(
      'LEDGER_CORRUPT',
      `event ${revision} of the stream '${stream}' cannot be decoded`,
      { cause, details: { stream, revision } },
    );
  }
}

function isTypeOf<Event extends DomainEvent>(
  type: string,
  catalogue: EventCatalogue<Event>,
): type is Event['type'] {
  return Object.hasOwn(catalogue, type);
}

function unknown({ stream, revision }: RecordedEvent, what: string): SnapledgerError {
  return new SnapledgerError(
    'UNKNOWN_EVENT',
    `event ${revision} of the stream '${stream}' is ${what}, which this version does not know`,
    { remedy: 'Use the newer version of snapledger that wrote it.', details: { stream, revision } },
  );
}
