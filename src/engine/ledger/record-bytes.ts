import type { TimestampMs } from '../../domain/identifiers.ts';
import type { NewEvent, Revision, StreamName } from '../../ports/event-store.ts';
import { type Field, lengthPrefixed, splitLengthPrefixed } from './length-prefixed.ts';

/** Separates these bytes from any other use of the same hash. */
const label = 'snapledger/ledger/1/record';
const fieldCount = 12;

/** A record apart from any store: what its canonical bytes say. */
export interface StreamRecord extends NewEvent {
  readonly stream: StreamName;
  readonly revision: Revision;
}

/**
 * The canonical bytes of a record: label, stream, revision, type, id, metadata and data, each
 * preceded by its length. docs/ledger.md specifies them.
 */
export function recordBytes(stream: StreamName, revision: number, event: NewEvent): Uint8Array {
  return lengthPrefixed(recordFields(stream, revision, event));
}

/** What the canonical bytes of a record are made of. */
export function recordFields(
  stream: StreamName,
  revision: number,
  event: NewEvent,
): readonly Field[] {
  const { metadata } = event;
  return [
    label,
    stream,
    String(revision),
    event.type,
    event.id,
    String(metadata.schemaVersion),
    String(metadata.recordedAt),
    metadata.actor,
    metadata.engineVersion,
    metadata.cause,
    metadata.previousHash,
    event.data,
  ];
}

/** The record that has these canonical bytes, or null when no record has. */
export function parseRecordBytes(bytes: Uint8Array): StreamRecord | null {
  const fields = splitLengthPrefixed(bytes);
  if (fields?.length !== fieldCount) return null;
  const text = (index: number): string => Buffer.from(fields[index] ?? []).toString('utf8');
  const record: StreamRecord = {
    stream: text(1) as StreamName,
    revision: Number(text(2)) as Revision,
    type: text(3),
    id: text(4),
    metadata: {
      schemaVersion: Number(text(5)),
      recordedAt: Number(text(6)) as TimestampMs,
      actor: text(7),
      engineVersion: text(8),
      cause: text(9),
      previousHash: text(10),
    },
    data: new Uint8Array(fields[11] ?? []),
  };
  // What is not written back to the same bytes was never written by us.
  const again = recordBytes(record.stream, record.revision, record);
  return Buffer.compare(again, bytes) === 0 ? record : null;
}
