import { createCipheriv, createDecipheriv } from 'node:crypto';
import { mailboxRejected } from './mailbox-rejected.ts';

const nonceLengthBytes = 12;
const tagLengthBytes = 16;

export interface SealOptions {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes, never used before with this key. */
  readonly nonce: Uint8Array;
  /** What the content belongs to; whoever opens it must give the same. */
  readonly associated: Uint8Array;
  readonly content: Uint8Array;
}

export interface UnsealOptions {
  readonly key: Uint8Array;
  readonly associated: Uint8Array;
  readonly sealed: Uint8Array;
  /** The key of the object, for the error. */
  readonly where: string;
}

/** AES-256-GCM: nonce (12 bytes) || ciphertext || tag (16 bytes). */
export function sealMessage({ key, nonce, associated, content }: SealOptions): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associated);
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** @throws MAILBOX_REJECTED when it was not sealed with this key, or was changed since. */
export function unsealMessage({ key, associated, sealed, where }: UnsealOptions): Uint8Array {
  if (sealed.byteLength < nonceLengthBytes + tagLengthBytes) {
    throw mailboxRejected(where, 'it is too short');
  }
  const tagOffset = sealed.byteLength - tagLengthBytes;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceLengthBytes), {
    authTagLength: tagLengthBytes,
  });
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(tagOffset));
  const content = decipher.update(sealed.subarray(nonceLengthBytes, tagOffset));
  try {
    return Buffer.concat([content, decipher.final()]);
  } catch (cause) {
    throw mailboxRejected(where, 'it was not sealed for this session, or was changed since', cause);
  }
}

/** The nonce's length, for whoever draws it. */
export const sealNonceLengthBytes = nonceLengthBytes;
