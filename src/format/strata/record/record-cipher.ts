import { createSecretKey, type KeyObject } from 'node:crypto';
import { uuidSizeBytes } from '../encoding/uuid-bytes.ts';
import { hmacSha256 } from '../../keys/hmac-sha256.ts';
import { recordHeaderSizeBytes } from './record-header.ts';

export const recordCipherName = 'aes-256-gcm';

/** The key of one record: HMAC-SHA-256(B_s or N_s, record id). */
export function recordKeyOf(kindKey: Uint8Array, id: Uint8Array): KeyObject {
  return createSecretKey(hmacSha256(kindKey, id));
}

// One for the thread: everything that uses it is synchronous, and nothing keeps it.
const scratch = new Uint8Array(uuidSizeBytes + recordHeaderSizeBytes);

/** AAD of a record: repository id || header. Valid until the next call in this thread. */
export function recordAad(repositoryIdBytes: Uint8Array, record: Uint8Array): Uint8Array {
  scratch.set(repositoryIdBytes);
  scratch.set(record.subarray(0, recordHeaderSizeBytes), uuidSizeBytes);
  return scratch;
}
