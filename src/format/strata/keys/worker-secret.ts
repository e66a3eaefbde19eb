import { assert } from '../../../domain/errors/assert.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import { uuidSizeBytes, uuidToBytes } from '../encoding/uuid-bytes.ts';
import { hmacSha256 } from '../../keys/hmac-sha256.ts';

/** Attempts are numbered in 16 bits: their object keys have four hexadecimal digits. */
export const attemptMax = 0xffff;

/**
 * The one-time secret of a worker: HMAC-SHA-256(K_worker, session id || u32 attempt). Derived and
 * not drawn, so that another engine that takes the session over knows it too.
 */
export function workerSecretOf(
  workerSecretKey: Uint8Array,
  sessionId: SessionId,
  attempt: number,
): Uint8Array {
  assert(Number.isInteger(attempt) && attempt >= 0 && attempt <= attemptMax, 'attempt is a u16');
  const message = Buffer.alloc(uuidSizeBytes + 4);
  message.set(uuidToBytes(sessionId));
  message.writeUInt32LE(attempt, uuidSizeBytes);
  return new Uint8Array(hmacSha256(workerSecretKey, message));
}
