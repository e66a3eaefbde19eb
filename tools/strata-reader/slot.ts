import { argon2Sync, hkdfSync } from 'node:crypto';

import { StrataDefect } from './defect.ts';
import { joined, openGcm, sha256, u32 } from './keys.ts';
import type { Fields } from './msgpack.ts';

/** A key slot, of a header or of a slot table. */
export interface Slot {
  /** Nothing for a recovery key. */
  readonly argon2:
    | { readonly memoryKib: number; readonly passes: number; readonly parallelism: number }
    | undefined;
  readonly salt: Buffer;
  readonly nonce: Buffer;
  readonly wrappedMasterKey: Buffer;
}

/** What somebody has to open slots with. */
export type Secret =
  | { readonly kind: 'passphrase'; readonly text: string }
  | { readonly kind: 'recovery-key'; readonly key: Buffer };

/** Reads a slot of a kind that may be in its place. */
export function parseSlot(fields: Fields, where: string, kinds: readonly string[]): Slot {
  const kind = fields.text('kind');
  if (!kinds.includes(kind)) throw new StrataDefect(where, `is of the unknown kind ${kind}`);
  const sealed = {
    salt: fields.bytes('salt', 32),
    nonce: fields.bytes('nonce', 12),
    wrappedMasterKey: fields.bytes('wrappedMasterKey', 48),
  };
  if (kind === 'recovery-key') return { argon2: undefined, ...sealed };
  if (fields.text('kdf') !== 'argon2id') throw new StrataDefect(where, 'is not of argon2id');
  const argon2 = {
    memoryKib: fields.number('memoryKib', 8_192, 1_048_576),
    passes: fields.number('passes', 1, 16),
    parallelism: fields.number('parallelism', 1, 16),
  };
  return { argon2, ...sealed };
}

/** The three parameters of Argon2id as they are in the AAD of a slot. */
export function slotParameters({ argon2 }: Slot): Buffer {
  const { memoryKib, passes, parallelism } = argon2 ?? { memoryKib: 0, passes: 0, parallelism: 0 };
  return joined(u32(memoryKib), u32(passes), u32(parallelism));
}

/** The master key in a slot; nothing where the secret does not open it. */
export function openSlot(slot: Slot, secret: Secret, aad: Buffer): Buffer | undefined {
  const key = slotKey(slot, secret);
  if (key === undefined) return undefined;
  return openGcm({
    key,
    nonce: slot.nonce,
    aad,
    ciphertext: slot.wrappedMasterKey.subarray(0, 32),
    tag: slot.wrappedMasterKey.subarray(32),
  });
}

function slotKey({ argon2, salt }: Slot, secret: Secret): Buffer | undefined {
  if (secret.kind === 'recovery-key') {
    if (argon2 !== undefined) return undefined;
    return Buffer.from(
      hkdfSync('sha256', secret.key, salt, 'snapledger/strata/1/recovery-key', 32),
    );
  }
  if (argon2 === undefined) return undefined;
  return argon2Sync('argon2id', {
    message: Buffer.from(secret.text.normalize('NFC'), 'utf8'),
    nonce: salt,
    memory: argon2.memoryKib,
    passes: argon2.passes,
    parallelism: argon2.parallelism,
    tagLength: 32,
  });
}

const base32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** What somebody typed: a recovery key where it begins as one, else a passphrase. */
export function secretOf(text: string): Secret {
  const letters = text
    .toUpperCase()
    .replaceAll(/[\s\p{Dash_Punctuation}\u{2212}]/gu, '')
    .replaceAll(/[IL]/g, '1')
    .replaceAll('O', '0');
  if (!letters.startsWith('S1RK1')) return { kind: 'passphrase', text };
  const digits = Array.from(letters.slice(5), (letter) => base32.indexOf(letter));
  if (digits.length !== 56 || digits.includes(-1)) {
    throw new StrataDefect('the recovery key', 'does not have 56 characters of base 32');
  }
  const bits = digits.map((digit) => digit.toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from(
    Array.from({ length: 35 }, (_, at) => Number.parseInt(bits.slice(8 * at, 8 * at + 8), 2)),
  );
  const key = bytes.subarray(0, 32);
  const checksum = sha256(joined('snapledger/strata/1/recovery-key-text', key)).subarray(0, 3);
  if (!checksum.equals(bytes.subarray(32))) {
    throw new StrataDefect('the recovery key', 'was mistyped: its checksum is another');
  }
  return { kind: 'recovery-key', key };
}
