import { Packr } from 'msgpackr';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { RecordedEvent } from '../../ports/event-store.ts';
import type { DomainEvent } from './domain-event.ts';
import type { Upcaster } from './event-upcasters.ts';

/** The types of one kind of stream, each with the versions that it has had. */
export type EventCatalogue<Event extends DomainEvent> = Readonly<
  Record<Event['type'], EventSchema>
>;

export interface EventSchema {
  /** What is written today. */
  readonly schemaVersion: number;
  /** From version 1 to 2, from 2 to 3, and so on to today's. */
  readonly upcasters: readonly Upcaster[];
}

/** The schema of a type that has had one version more than there are upcasters. */
export function eventSchema(...upcasters: readonly Upcaster[]): EventSchema {
  return { schemaVersion: upcasters.length + 1, upcasters };
}

/** Plain maps with string keys, so that any msgpack reader can show an event. */
const packr = new Packr({ useRecords: false });

export function encodeEventData(event: DomainEvent): Uint8Array {
  return packr.pack(event.data);
}

/**
 * Gives an event as today's version of its type has it, whatever version was written.
 *
 * @throws UNKNOWN_EVENT for a type or version that this program does not know: a newer engine
 *   wrote it
 * @throws LEDGER_CORRUPT when the data cannot be decoded, or is not what its version says
 */
export function decodeEvent<Event extends DomainEvent>(
  recorded: RecordedEvent,
  catalogue: EventCatalogue<Event>,
): Event {
  const { type, upcasters } = knownSchema(recorded, catalogue);
  const data = upcast(recorded, unpackMap(recorded), upcasters);
  return { type, data } as Event;
}

/**
 * Sees that an event whose data nobody needs is one that this program could read.
 *
 * @throws UNKNOWN_EVENT; LEDGER_CORRUPT when its version is none
 */
export function checkKnown<Event extends DomainEvent>(
  recorded: RecordedEvent,
  catalogue: EventCatalogue<Event>,
): void {
  knownSchema(recorded, catalogue);
}

function knownSchema<Event extends DomainEvent>(
  recorded: RecordedEvent,
  catalogue: EventCatalogue<Event>,
): Pick<EventSchema, 'upcasters'> & { readonly type: Event['type'] } {
  const { type, metadata } = recorded;
  if (!isTypeOf(type, catalogue)) {
    throw unknown(recorded, `of the type '${type}'`);
  }
  const { schemaVersion, upcasters } = catalogue[type];
  if (metadata.schemaVersion > schemaVersion) {
    throw unknown(recorded, `a '${type}' of version ${metadata.schemaVersion}`);
  }
  if (!Number.isSafeInteger(metadata.schemaVersion) || metadata.schemaVersion < 1) {
    throw undecodable(recorded);
  }
  return { type, upcasters };
}

function upcast(recorded: RecordedEvent, data: object, upcasters: readonly Upcaster[]): object {
  if (recorded.metadata.schemaVersion > upcasters.length) return data;
  try {
    return upcasters
      .slice(recorded.metadata.schemaVersion - 1)
      .reduce((older, toNext) => toNext(older), data);
  } catch (cause) {
    throw undecodable(recorded, cause);
  }
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
