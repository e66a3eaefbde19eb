import type { StoredFields } from '../encoding/stored-fields.ts';
import {
  argon2Bounds,
  type KeySlot,
  slotNonceSizeBytes,
  slotSaltSizeBytes,
  wrappedMasterKeySizeBytes,
} from '../../keys/key-slot.ts';

/** Reads a slot of either kind. @throws OBJECT_CORRUPT */
export function readSlot(fields: StoredFields): KeySlot {
  const kind = fields.oneOf('kind', ['passphrase', 'recovery-key']);
  if (kind === 'passphrase') return readPassphraseSlot(fields);
  return { lock: { kind }, ...readWrapping(fields) };
}

/** Reads a slot for a passphrase; the only kind that a header has. @throws OBJECT_CORRUPT */
export function readPassphraseSlot(fields: StoredFields): KeySlot {
  const kind = fields.oneOf('kind', ['passphrase']);
  fields.oneOf('kdf', ['argon2id']);
  const argon2 = {
    memoryKib: fields.count('memoryKib', argon2Bounds.memoryKib),
    passes: fields.count('passes', argon2Bounds.passes),
    parallelism: fields.count('parallelism', argon2Bounds.parallelism),
  };
  return { lock: { kind, argon2 }, ...readWrapping(fields) };
}

function readWrapping(fields: StoredFields): Omit<KeySlot, 'lock'> {
  return {
    salt: fields.bytes('salt', slotSaltSizeBytes),
    nonce: fields.bytes('nonce', slotNonceSizeBytes),
    wrappedMasterKey: fields.bytes('wrappedMasterKey', wrappedMasterKeySizeBytes),
  };
}
