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
  const { type, metadata } = recorded;
  if (!isTypeOf(type, catalogue)) {
    throw unknown(recorded, `of the type '${type}'`);
  }
  if (metadata.schemaVersion > catalogue[type].schemaVersion) {
    throw unknown(recorded, `a '${type}' of version ${metadata.schemaVersion}`);
  }
  return { type, data: unpackMap(recorded) } as Event;
}

function unpackMap(recorded: RecordedEvent): object {
  let value: unknown;
  try {
    value = packr.unpack(recorded.data);
  } catch (cause) {
    throw undecodable(recorded, cause);
  }
  if (!isMap(value)) {
    throw undecodable(recorded);
  }
  return value;
}

function undecodable({ stream, revision }: RecordedEvent, cause?: unknown): SnapledgerError {
  const message = `event ${revision} of the stream '${stream}' cannot be decoded`;
  return new SnapledgerError('LEDGER_CORRUPT', message, {
    cause,
    details: { stream, revision },
    remedy: 'Bring the ledger back from a copy of the vault; the repository is not affected.',
  });
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

function isMap(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}
