import { createHmac } from 'node:crypto';
import type { SealedValue } from '../../domain/shape/sealed-value.ts';
import { type Field, lengthPrefixed } from '../ledger/length-prefixed.ts';
import { openBytes, sealWithNonce } from '../transparency-log/sealed-bytes.ts';
import type { SensitiveKey } from './sensitive-key.ts';

/** Where a sensitive value stands: it cannot be moved to another place. */
export interface SensitivePlace {
  readonly stream: string;
  /** Of the event. */
  readonly type: string;
  /** Of the field within its data, as `hold.note`. */
  readonly path: string;
}

const label = 'snapledger/ledger/1/sensitive';
const nonceSizeBytes = 12;

/**
 * The nonce is made of the value and its place: an append that is repeated seals the same bytes, and
 * two values never share one.
 *
 * @param value of JSON
 */
export function sealValue(
  value: unknown,
  place: SensitivePlace,
  subject: string,
  { id: keyId, encryptionKey, nonceKey }: SensitiveKey,
): SealedValue {
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const context = contextOf(place, { subject, keyId });
  const nonce = createHmac('sha256', nonceKey)
    .update(lengthPrefixed([...context, plain]))
    .digest()
    .subarray(0, nonceSizeBytes);
  const sealed = sealWithNonce(plain, encryptionKey, context, nonce);
  return { subject, keyId, sealed: Buffer.from(sealed).toString('base64') };
}

/** The value in `opened`, or null when it was not sealed with this key in this place. */
export function openValue(
  value: SealedValue,
  place: SensitivePlace,
  { encryptionKey }: SensitiveKey,
): { readonly opened: unknown } | null {
  const sealed = new Uint8Array(Buffer.from(value.sealed, 'base64'));
  const plain = openBytes(sealed, encryptionKey, contextOf(place, value));
  return plain === null ? null : { opened: JSON.parse(new TextDecoder().decode(plain)) as unknown };
}

function contextOf(
  { stream, type, path }: SensitivePlace,
  { subject, keyId }: Pick<SealedValue, 'subject' | 'keyId'>,
): readonly Field[] {
  return [label, stream, type, path, subject, keyId];
}
