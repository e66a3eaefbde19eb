import { binaryEvent } from '@eventstore/db-client';
import type { EventData, RecordedEvent as ClientEvent } from '@eventstore/db-client';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { NewEvent, RecordedEvent, Revision } from '../../ports/event-store.ts';
import { isEventMetadata } from '../../ports/event-store-rules.ts';
import { distrustRemedy } from './kurrentdb-error.ts';
import { nameInLedger } from './kurrentdb-namespace.ts';
import { formatPosition, isKnownPosition } from './kurrentdb-position.ts';

/** Plain JSON for people who look at the server; read by nobody here. */
export type EventSummary = Readonly<Record<string, unknown>>;

/** Shows what is in an event: plain JSON, small, and nothing that its data does not hold. */
export type SummariseEvent = (event: NewEvent) => EventSummary;

/**
 * What the server keeps of an event. Data are bytes. The metadata are JSON with two fields:
 * `ledger`, the event's own metadata as it is, and `summary`.
 *
 * Everything is bytes before the client gets it: a value that it could not serialise would end
 * the process.
 */
export function toStoredEvent(event: NewEvent, summarise: SummariseEvent): EventData {
  const metadata = { ledger: event.metadata, summary: summarise(event) };
  return binaryEvent({
    id: event.id,
    type: event.type,
    data: new Uint8Array(event.data),
    metadata: new TextEncoder().encode(JSON.stringify(metadata)),
  });
}

/** @throws LEDGER_CORRUPT when the event is not one that was stored here */
export function toRecordedEvent(event: ClientEvent, namespace: string): RecordedEvent {
  const stream = nameInLedger(namespace, event.streamId);
  const where = `The event ${event.revision} of ${stream}`;
  const { data, metadata: stored, position } = event;
  if (!(data instanceof Uint8Array)) throw corrupt(`${where} is JSON, as no ledger writes it`);
  const metadata = ledgerPartOf(stored);
  if (!isEventMetadata(metadata)) {
    throw corrupt(`${where} has not the metadata of a ledger`);
  }
  if (position === undefined || !isKnownPosition(position)) {
    throw new SnapledgerError(
      'NOT_AN_EVENT_STORE',
      `The server does not say where ${where.slice(4)} stands; it is older than 22.6.`,
      { remedy: 'Update the server to 23.10 or later.' },
    );
  }
  return {
    id: event.id,
    type: event.type,
    data: new Uint8Array(data),
    metadata,
    stream,
    revision: Number(event.revision) as Revision,
    position: formatPosition(position),
  };
}

function ledgerPartOf(stored: unknown): unknown {
  return typeof stored === 'object' && stored !== null && 'ledger' in stored
    ? stored.ledger
    : undefined;
}

function corrupt(what: string): SnapledgerError {
  return new SnapledgerError('LEDGER_CORRUPT', `${what}.`, { remedy: distrustRemedy });
}
