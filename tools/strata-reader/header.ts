import { argon2Sync } from 'node:crypto';

import { StrataDefect } from './defect.ts';
import { decodeMsgpack, fieldsOf } from './msgpack.ts';
import { hmac, isUuid, joined, openGcm, repositoryKeys, sha256, u32, uuidBytes } from './keys.ts';

/** Where the header is. */
export const headerKey = 'strata';
/** The most bytes a header may have. */
export const headerLimitBytes = 65_536;

interface Slot {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly nonce: Buffer;
  readonly wrappedMasterKey: Buffer;
}

/** A header whose SHA-256 is right. */
export interface Header {
  readonly repositoryId: string;
  readonly slots: readonly Slot[];
  readonly bytes: Buffer;
}

/** Reads the header as far as that is possible without a passphrase. */
export function parseHeader(bytes: Buffer): Header {
  const where = headerKey;
  if (bytes.length < 72) throw new StrataDefect(where, 'is too short for a header');
  if (!sha256(bytes.subarray(0, -32)).equals(bytes.subarray(-32))) {
    throw new StrataDefect(where, 'is damaged: its SHA-256 is another');
  }
  if (bytes.toString('latin1', 0, 6) !== 'STRATA') throw new StrataDefect(where, 'is no header');
  if (bytes[6] !== 1) throw new StrataDefect(where, `has version ${bytes[6] ?? ''}, not 1`);
  if (bytes[7] !== 0) throw new StrataDefect(where, 'has a byte that must be zero and is not');

  const fields = fieldsOf(decodeMsgpack(bytes.subarray(8, -64), where), where);
  const repositoryId = fields.text('repositoryId');
  if (!isUuid(repositoryId)) throw new StrataDefect(where, 'repositoryId is not a UUID');
  fields.number('createdAt', 0, Number.MAX_SAFE_INTEGER);
  fields.list('compatibleFeatures', 0, 64);
  for (const feature of fields.list('incompatibleFeatures', 0, 64)) {
    throw new StrataDefect(where, `needs ${JSON.stringify(feature)}, which is not known here`);
  }
  const slots = fields.list('slots', 1, 16).map((slot, index): Slot => {
    const name = `${where} slot ${index}`;
    const of = fieldsOf(slot, name);
    if (of.text('kind') !== 'passphrase' || of.text('kdf') !== 'argon2id') {
      throw new StrataDefect(name, 'is not a passphrase with argon2id');
    }
    return {
      memoryKib: of.number('memoryKib', 8_192, 1_048_576),
      passes: of.number('passes', 1, 16),
      parallelism: of.number('parallelism', 1, 16),
      salt: of.bytes('salt', 32),
      nonce: of.bytes('nonce', 12),
      wrappedMasterKey: of.bytes('wrappedMasterKey', 48),
    };
  });
  return { repositoryId, slots, bytes };
}

/** Finds the slot that a passphrase opens and gives the master key, with which the header is authentic. */
export function unlockHeader(header: Header, passphrase: string): Buffer {
  for (const slot of header.slots) {
    const key = argon2Sync('argon2id', {
      message: Buffer.from(passphrase.normalize('NFC'), 'utf8'),
      nonce: slot.salt,
      memory: slot.memoryKib,
      passes: slot.passes,
      parallelism: slot.parallelism,
      tagLength: 32,
    });
    const masterKey = openGcm({
      key,
      nonce: slot.nonce,
      aad: joined(
        'snapledger/strata/1/key-slot',
        uuidBytes(header.repositoryId),
        u32(slot.memoryKib),
        u32(slot.passes),
        u32(slot.parallelism),
      ),
      ciphertext: slot.wrappedMasterKey.subarray(0, 32),
      tag: slot.wrappedMasterKey.subarray(32),
    });
    if (masterKey === undefined) continue;
    assertAuthentic(header, repositoryKeys(masterKey, uuidBytes(header.repositoryId)).header);
    return masterKey;
  }
  throw new StrataDefect(headerKey, 'no key slot opens with this passphrase');
}

/** Checks the HMAC of a header. Throws a defect where somebody without the key made it. */
export function assertAuthentic(header: Header, headerMacKey: Buffer): void {
  const mac = hmac(headerMacKey, header.bytes.subarray(0, -64));
  if (mac.equals(header.bytes.subarray(-64, -32))) return;
  throw new StrataDefect(headerKey, 'was forged: its HMAC is another');
}
