import { hasErrorCode, type SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../../domain/identifiers.ts';
import type { EventStore, RecordedEvent, StreamName } from '../../ports/event-store.ts';
import type { DomainEvent } from './domain-event.ts';
import { followRecord, type LedgerCursor, streamBeginning } from './ledger-cursor.ts';

/** What was read of one of many streams. */
export type ReadableEntry<Event extends DomainEvent> =
  | {
      readonly kind: 'event';
      readonly event: Event;
      readonly record: RecordedEvent;
    }
  | {
      readonly kind: 'unreadable';
      readonly stream: StreamName;
      readonly error: SnapledgerError;
    };

/** Of streams that a newer version wrote, or that are damaged; or the key of what is sensitive in them is. */
export const unreadableCodes = [
  'UNKNOWN_EVENT',
  'LEDGER_CORRUPT',
  'SENSITIVE_KEY_DAMAGED',
] as const;

/** At once, unless a key has to be found for what is sensitive. */
export type Decode<Event extends DomainEvent> = (record: RecordedEvent) => Event | Promise<Event>;

/** The events of many streams, each checked against the one before in its stream. @throws LEDGER_CORRUPT */
export async function* entriesOf<Event extends DomainEvent>(
  records: AsyncIterable<RecordedEvent>,
  decode: (record: RecordedEvent) => Event,
): AsyncGenerator<{ readonly event: Event; readonly record: RecordedEvent }, void> {
  const cursors = new Map<StreamName, LedgerCursor>();
  for await (const record of records) {
    const next = followRecord(cursors.get(record.stream) ?? streamBeginning, record);
    cursors.set(record.stream, next);
    yield { event: decode(record), record };
  }
}

/**
 * The same, but a stream that cannot be read is told of once and stops no other.
 *
 * @param at only what was recorded up to this moment; null: all
 */
export async function* readableEntriesOf<Event extends DomainEvent>(
  records: AsyncIterable<RecordedEvent>,
  decode: Decode<Event>,
  at: TimestampMs | null,
): AsyncGenerator<ReadableEntry<Event>, void> {
  const cursors = new Map<StreamName, LedgerCursor | 'unreadable'>();
  for await (const record of records) {
    const { stream } = record;
    const cursor = cursors.get(stream) ?? streamBeginning;
    if (cursor === 'unreadable') continue;
    try {
      cursors.set(stream, followRecord(cursor, record));
      if (at !== null && record.metadata.recordedAt > at) continue;
      const decoded = decode(record);
      const event = decoded instanceof Promise ? await decoded : decoded;
      yield { kind: 'event', event, record };
    } catch (error) {
      if (!hasErrorCode(error, ...unreadableCodes)) throw error;
      cursors.set(stream, 'unreadable');
      yield { kind: 'unreadable', stream, error };
    }
  }
}

/** What the names of the streams begin with, or which of all are wanted. */
export type WantedStreams = string | ((stream: StreamName) => boolean);

/** The records of some streams in the order of the store. */
export async function* recordsOf(
  eventStore: EventStore,
  wanted: WantedStreams,
): AsyncGenerator<RecordedEvent, void> {
  if (typeof wanted === 'string') {
    yield* eventStore.readAll({ streamPrefix: wanted });
    return;
  }
  // Only the store knows the order of its positions: streams of several kinds come in it only all together.
  for await (const record of eventStore.readAll()) if (wanted(record.stream)) yield record;
}
