import { aessiv } from '@noble/ciphers/aes.js';
import type { TagKeys } from './tag-keys.ts';
import { bytesOfText, textOfBytes } from './tag-text.ts';

const label = encode('snapledger/aws-tags/1/value');

/**
 * What a value is bound to: it opens under no other name and, but for the head, on no resource
 * with another head.
 */
export interface TagBinding {
  /** The name as it stands on the resource. */
  readonly name: string;
  /** The value of the head as it stands on the resource; null for the head itself. */
  readonly head: string | null;
}

export function sealTagValue(
  { valueKey }: TagKeys,
  { name, head }: TagBinding,
  plain: Uint8Array,
): string {
  return textOfBytes(aessiv(valueKey, label, encode(name), encode(head ?? '')).encrypt(plain));
}

/** Null when it was not sealed so under these keys. */
export function openTagValue(
  { valueKey }: TagKeys,
  { name, head }: TagBinding,
  value: string,
): Uint8Array | null {
  const sealed = bytesOfText(value);
  if (sealed === null) return null;
  try {
    return aessiv(valueKey, label, encode(name), encode(head ?? '')).decrypt(sealed);
  } catch {
    // Nothing but the seal can fail here: the value was made elsewhere, or changed.
    return null;
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
