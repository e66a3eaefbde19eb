import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { RandomSource } from '../../../ports/random-source.ts';

const cipherName = 'aes-256-gcm';
const nonceSizeBytes = 12;
const tagSizeBytes = 16;
/** What sealing adds to a content. */
export const sealOverheadBytes = nonceSizeBytes + tagSizeBytes;

/** Nonce, ciphertext and tag; the random nonce is fresh. */
export function seal(
  key: Uint8Array,
  aad: string,
  content: Uint8Array,
  random: RandomSource,
): Uint8Array {
  const nonce = random.bytes(nonceSizeBytes);
  const cipher = createCipheriv(cipherName, key, nonce, { authTagLength: tagSizeBytes });
  cipher.setAAD(Buffer.from(aad, 'utf8'));
  const sealed = Buffer.allocUnsafe(sealOverheadBytes + content.length);
  sealed.set(nonce);
  sealed.set(cipher.update(content), nonceSizeBytes);
  cipher.final();
  sealed.set(cipher.getAuthTag(), nonceSizeBytes + content.length);
  return sealed;
}

/** The content; null when it is not what was sealed with this key for this place. */
export function unseal(key: Uint8Array, aad: string, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length < sealOverheadBytes) return null;
  const tagOffset = sealed.length - tagSizeBytes;
  const nonce = sealed.subarray(0, nonceSizeBytes);
  const decipher = createDecipheriv(cipherName, key, nonce, { authTagLength: tagSizeBytes });
  decipher.setAAD(Buffer.from(aad, 'utf8'));
  decipher.setAuthTag(sealed.subarray(tagOffset));
  const content = decipher.update(sealed.subarray(nonceSizeBytes, tagOffset));
  try {
    decipher.final();
  } catch {
    // Nothing but the tag can fail here.
    return null;
  }
  return content;
}
