import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { RandomSource } from '../../ports/random-source.ts';
import { type Field, lengthPrefixed } from '../ledger/length-prefixed.ts';

const cipherName = 'aes-256-gcm';
const nonceSizeBytes = 12;
const tagSizeBytes = 16;

/** Nonce (12, random), ciphertext, tag (16) of AES-256-GCM; `context` is bound to them. */
export function sealBytes(
  plain: Uint8Array,
  key: Uint8Array,
  context: readonly Field[],
  random: RandomSource,
): Uint8Array {
  return sealWithNonce(plain, key, context, random.bytes(nonceSizeBytes));
}

/** The same with a nonce (12) that the key was never used with for anything else. */
export function sealWithNonce(
  plain: Uint8Array,
  key: Uint8Array,
  context: readonly Field[],
  nonce: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(cipherName, key, nonce, { authTagLength: tagSizeBytes });
  cipher.setAAD(lengthPrefixed(context));
  const parts = [nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  return new Uint8Array(Buffer.concat(parts));
}

/** What was sealed, or null when these are not the bytes that were sealed with key and context. */
export function openBytes(
  sealed: Uint8Array,
  key: Uint8Array,
  context: readonly Field[],
): Uint8Array | null {
  if (sealed.length < nonceSizeBytes + tagSizeBytes) return null;
  const tagOffset = sealed.length - tagSizeBytes;
  const nonce = sealed.subarray(0, nonceSizeBytes);
  const decipher = createDecipheriv(cipherName, key, nonce, { authTagLength: tagSizeBytes });
  decipher.setAAD(lengthPrefixed(context));
  decipher.setAuthTag(sealed.subarray(tagOffset));
  const plain = decipher.update(sealed.subarray(nonceSizeBytes, tagOffset));
  try {
    decipher.final();
  } catch {
    // Nothing but the tag can fail here, and it says just this.
    return null;
  }
  return new Uint8Array(plain);
}
