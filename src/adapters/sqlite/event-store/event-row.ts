import type { SQLOutputValue } from 'node:sqlite';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type {
  GlobalPosition,
  RecordedEvent,
  Revision,
  StreamName,
} from '../../../ports/event-store.ts';
import { isEventMetadata } from '../../../ports/event-store-rules.ts';
import { parsePlainMetadata } from './metadata-text.ts';
import { restoreLedgerRemedy } from './ledger-error.ts';

/** A row as SQLite gives it: the columns of `prepareReading` in their order. */
export type EventRow = readonly SQLOutputValue[];

/** @throws LEDGER_CORRUPT when a column does not hold what was once written to it. */
export function toRecordedEvent(row: EventRow): RecordedEvent {
  const [position, stream, revision, id, type, metadata, dataHex] = row;
  if (
    typeof position !== 'number' ||
    typeof stream !== 'string' ||
    typeof revision !== 'number' ||
    typeof id !== 'string' ||
    typeof type !== 'string' ||
    typeof metadata !== 'string' ||
    typeof dataHex !== 'string'
  ) {
    throw corruptEvent(row, 'has a column of the wrong type');
  }
  return {
    id,
    type,
    data: bytesOf(dataHex),
    metadata: parseMetadata(row, metadata),
    stream: stream as StreamName,
    revision: revision as Revision,
    position: String(position) as GlobalPosition,
  };
}

/** The number that a position of this store stands for; 0 for none. @throws INVALID_ARGUMENT */
export function parsePosition(position: GlobalPosition | undefined): number {
  if (position === undefined) return 0;
  if (/^\d{1,15}$/.test(position)) return Number(position);
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(position)} is no position of this ledger.`,
    { remedy: 'Give the position of an event that was read from this ledger.' },
  );
}

/** What SQLite's `hex` was made of. */
function bytesOf(hex: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = Buffer.from(hex, 'hex');
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function parseMetadata(row: EventRow, text: string): RecordedEvent['metadata'] {
  const plain = parsePlainMetadata(text);
  if (plain !== null) return plain;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw corruptEvent(row, 'has metadata that is not JSON', error);
  }
  if (!isEventMetadata(value)) throw corruptEvent(row, 'has incomplete metadata');
  // A field that is there twice is one thing to this program, and may be another one to the sqlite3 shell.
  if (JSON.stringify(value) !== text) {
    throw corruptEvent(row, 'has metadata that are not as they were written');
  }
  return value;
}

function corruptEvent(row: EventRow, what: string, cause?: unknown): SnapledgerError {
  return new SnapledgerError(
    'LEDGER_CORRUPT',
    `The event at position ${String(row[0])} of the ledger ${what}.`,
    { remedy: restoreLedgerRemedy, cause },
  );
}
