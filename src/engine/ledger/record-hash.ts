import { createHash } from 'node:crypto';
import type { NewEvent, StreamName } from '../../ports/event-store.ts';

/** What the first event of a stream has in the place of a hash. */
export const genesisHash = '0'.repeat(64);

/** Separates these hashes from any other use of SHA-256. */
const label = 'snapledger/ledger/1/record';

/**
 * The hash that chains one record to the next: SHA-256 over label, stream, revision, type, id,
 * metadata and data, each preceded by its length. docs/ledger.md specifies it.
 *
 * @returns 64 lower-case hex digits
 */
export function recordHash(stream: StreamName, revision: number, event: NewEvent): string {
  const { metadata } = event;
  const hash = createHash('sha256');
  const fields: readonly (string | Uint8Array)[] = [
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
  for (const field of fields) {
    const bytes = typeof field === 'string' ? Buffer.from(field, 'utf8') : field;
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.byteLength);
    hash.update(length).update(bytes);
  }
  return hash.digest('hex');
}
