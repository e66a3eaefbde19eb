import { createHmac, createSecretKey } from 'node:crypto';

/** HMAC-SHA-256(key, message). */
export function hmacSha256(key: Uint8Array, message: Uint8Array | string): Uint8Array {
  // Given the bytes of a key, Node finds out that they are no key object by two errors with their
  // stack traces, thrown and caught inside: several times the price of the MAC.
  return createHmac('sha256', createSecretKey(key)).update(message).digest();
}
