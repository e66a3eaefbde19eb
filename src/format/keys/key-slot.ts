import { argon2, createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { promisify } from 'node:util';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import type { RepositorySecret } from '../repository-options.ts';
import { isRecoveryKeyText, parseRecoveryKey } from './recovery-key.ts';
import { keySizeBytes } from './key-size.ts';

/**
 * How hard a passphrase is to try: the second recommended option of RFC 9106 (64 MiB, 3 passes,
 * 4 lanes). Stored in each slot, so that it can be raised without making older slots unreadable.
 */
export interface Argon2Parameters {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
}

export const argon2Parameters: Argon2Parameters = { memoryKib: 65_536, passes: 3, parallelism: 4 };

/** What a slot may ask for at most: a forged slot must not take all memory of its reader. */
export const argon2Bounds = {
  memoryKib: { min: 8 * 1024, max: 1024 * 1024 },
  passes: { min: 1, max: 16 },
  parallelism: { min: 1, max: 16 },
} as const;

/** What a slot is opened with; a recovery key is random and needs no slow derivation. */
export type SlotLock =
  | { readonly kind: 'passphrase'; readonly argon2: Argon2Parameters }
  | { readonly kind: 'recovery-key' };

/** The master key under one secret. */
export interface KeySlot {
  readonly lock: SlotLock;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  /** Ciphertext and tag of the master key. */
  readonly wrappedMasterKey: Uint8Array;
}

/** What is tried on slots. */
export type SlotSecret =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'recovery-key'; readonly key: Uint8Array };

export const slotSaltSizeBytes = 32;
export const slotNonceSizeBytes = 12;
const tagSizeBytes = 16;
export const wrappedMasterKeySizeBytes = keySizeBytes + tagSizeBytes;
/** Longer ones are mistakes, such as a whole file taken for a passphrase. */
const passphraseMaxLength = 1024;

const cipherName = 'aes-256-gcm';
const deriveArgon2id = promisify(argon2);

/**
 * What somebody typed, as it is tried: a text with the beginning of a recovery key is one.
 *
 * @throws INVALID_ARGUMENT for an unusable passphrase, WRONG_PASSPHRASE for a mistyped recovery key
 */
export function slotSecretOf({ passphrase }: RepositorySecret): SlotSecret {
  if (isRecoveryKeyText(passphrase)) {
    return { kind: 'recovery-key', key: parseRecoveryKey(passphrase) };
  }
  if (passphrase.length === 0 || passphrase.length > passphraseMaxLength) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `the passphrase has ${passphrase.length} characters`,
      { remedy: `Use a passphrase of 1 to ${passphraseMaxLength} characters.` },
    );
  }
  return { kind: 'passphrase', passphrase };
}

/**
 * What may become a passphrase.
 *
 * @throws INVALID_ARGUMENT when it is empty, too long, or looks like a recovery key
 */
export function newPassphraseSecret(passphrase: string): SlotSecret {
  if (isRecoveryKeyText(passphrase)) {
    throw new SnapledgerError('INVALID_ARGUMENT', 'the passphrase looks like a recovery key', {
      remedy: 'Choose one that does not begin so.',
    });
  }
  return slotSecretOf({ kind: 'passphrase', passphrase });
}

/** Wraps the master key. `aadOf` binds the slot to its place. */
export async function wrapMasterKey(
  masterKey: Uint8Array,
  secret: SlotSecret,
  { random, hardness }: { readonly random: RandomSource; readonly hardness: Argon2Parameters },
  aadOf: (lock: SlotLock) => Uint8Array,
): Promise<KeySlot> {
  const lock: SlotLock =
    secret.kind === 'passphrase'
      ? { kind: 'passphrase', argon2: hardness }
      : { kind: 'recovery-key' };
  const salt = random.bytes(slotSaltSizeBytes);
  const nonce = random.bytes(slotNonceSizeBytes);
  const key = await slotKeyOf(secret, lock, salt);
  if (key === null) throw new TypeError('a slot is made for the kind of its secret');
  const cipher = createCipheriv(cipherName, key, nonce, { authTagLength: tagSizeBytes });
  cipher.setAAD(aadOf(lock));
  const wrapped = Buffer.concat([cipher.update(masterKey), cipher.final(), cipher.getAuthTag()]);
  return { lock, salt, nonce, wrappedMasterKey: new Uint8Array(wrapped) };
}

/** The master key, or null when the secret does not open this slot. */
export async function unwrapMasterKey(
  slot: KeySlot,
  secret: SlotSecret,
  aad: Uint8Array,
): Promise<Uint8Array | null> {
  const key = await slotKeyOf(secret, slot.lock, slot.salt);
  if (key === null) return null;
  const decipher = createDecipheriv(cipherName, key, slot.nonce, { authTagLength: tagSizeBytes });
  decipher.setAAD(aad);
  decipher.setAuthTag(slot.wrappedMasterKey.subarray(keySizeBytes));
  const masterKey = decipher.update(slot.wrappedMasterKey.subarray(0, keySizeBytes));
  try {
    decipher.final();
  } catch {
    // Nothing but the tag can fail here, and it says just this: another secret.
    return null;
  }
  return new Uint8Array(masterKey);
}

/** The key of the slot; null when the secret is not of its kind. */
async function slotKeyOf(
  secret: SlotSecret,
  lock: SlotLock,
  salt: Uint8Array,
): Promise<Uint8Array | null> {
  if (lock.kind === 'recovery-key') {
    if (secret.kind !== 'recovery-key') return null;
    const info = 'snapledger/strata/1/recovery-key';
    return new Uint8Array(hkdfSync('sha256', secret.key, salt, info, keySizeBytes));
  }
  if (secret.kind !== 'passphrase') return null;
  const { memoryKib, passes, parallelism } = lock.argon2;
  return await deriveArgon2id('argon2id', {
    message: Buffer.from(secret.passphrase.normalize('NFC'), 'utf8'),
    nonce: salt,
    memory: memoryKib,
    passes,
    parallelism,
    tagLength: keySizeBytes,
  });
}

/** The Argon2id parameters of a slot as they stand in its AAD; zeros where there are none. */
export function lockParameters(lock: SlotLock): Uint8Array {
  const bytes = Buffer.alloc(12);
  if (lock.kind === 'passphrase') {
    bytes.writeUInt32LE(lock.argon2.memoryKib, 0);
    bytes.writeUInt32LE(lock.argon2.passes, 4);
    bytes.writeUInt32LE(lock.argon2.parallelism, 8);
  }
  return bytes;
}
