import { hash } from 'node:crypto';
import type { NewEvent, StreamName } from '../../ports/event-store.ts';
import { hashLengthPrefixed } from './length-prefixed.ts';
import { recordFields } from './record-bytes.ts';

/** What the first event of a stream has in the place of a hash. */
export const genesisHash = '0'.repeat(64);

/**
 * The hash that chains one record to the next: SHA-256 over its canonical bytes. docs/ledger.md
 * specifies it.
 *
 * @returns 64 lower-case hex digits
 */
export function recordHash(stream: StreamName, revision: number, event: NewEvent): string {
  return hashLengthPrefixed(recordFields(stream, revision, event));
}

/** The hash of a record whose canonical bytes are at hand. */
export function hashOfRecordBytes(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}
