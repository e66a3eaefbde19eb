import { hasErrorCode } from '../domain/errors/snapledger-error.ts';
import type { ObjectKey, ObjectStore } from '../ports/object-store.ts';
import { mailboxRejected } from './mailbox-rejected.ts';

/**
 * A message as it lies in the store, or null when it is not there (yet). Looks before it reads,
 * so that a look at an empty mailbox is cheap and an oversized object is never fetched.
 *
 * @throws MAILBOX_REJECTED when it is larger than `maxBytes` or empty, STORE_UNAVAILABLE
 */
export async function readMessage(
  objectStore: ObjectStore,
  key: ObjectKey,
  maxBytes: number,
): Promise<Uint8Array | null> {
  const info = await objectStore.head(key);
  if (info === null) return null;
  if (info.sizeBytes < 1 || info.sizeBytes > maxBytes) {
    throw mailboxRejected(key, `it has ${info.sizeBytes} bytes; from 1 to ${maxBytes} are allowed`);
  }
  try {
    return await objectStore.get(key, { offset: 0, lengthBytes: info.sizeBytes });
  } catch (error) {
    // Removed or replaced since the look.
    if (hasErrorCode(error, 'OBJECT_NOT_FOUND')) return null;
    if (hasErrorCode(error, 'OBJECT_RANGE')) throw mailboxRejected(key, 'it changed', error);
    throw error;
  }
}
