import { argon2, createCipheriv, createDecipheriv } from 'node:crypto';
import { promisify } from 'node:util';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { RepositorySecret } from '../../storage-format.ts';
import { keySizeBytes } from './repository-keys.ts';

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

/** What a slot may ask for at most: a forged header must not take all memory of its reader. */
export const argon2Bounds = {
  memoryKib: { min: 8 * 1024, max: 1024 * 1024 },
  passes: { min: 1, max: 16 },
  parallelism: { min: 1, max: 16 },
} as const;

/** The master key under a passphrase. */
export interface KeySlot {
  readonly argon2: Argon2Parameters;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  /** Ciphertext and tag of the master key. */
  readonly wrappedMasterKey: Uint8Array;
}

export const slotSaltSizeBytes = 32;
export const slotNonceSizeBytes = 12;
const tagSizeBytes = 16;
export const wrappedMasterKeySizeBytes = keySizeBytes + tagSizeBytes;
/** Longer ones are mistakes, such as a whole file taken for a passphrase. */
const passphraseMaxLength = 1024;

const cipherName = 'aes-256-gcm';
const aadLabel = 'snapledger/strata/1/key-slot';
const deriveArgon2id = promisify(argon2);

/** Wraps the master key. @throws INVALID_ARGUMENT for an unusable passphrase. */
export async function wrapMasterKey(
  masterKey: Uint8Array,
  secret: RepositorySecret,
  repositoryIdBytes: Uint8Array,
  random: RandomSource,
  hardness: Argon2Parameters,
): Promise<KeySlot> {
  const salt = random.bytes(slotSaltSizeBytes);
  const nonce = random.bytes(slotNonceSizeBytes);
  const key = await slotKeyOf(secret, salt, hardness);
  const cipher = createCipheriv(cipherName, key, nonce, { authTagLength: tagSizeBytes });
  cipher.setAAD(slotAad(hardness, repositoryIdBytes));
  const wrapped = Buffer.concat([cipher.update(masterKey), cipher.final(), cipher.getAuthTag()]);
  return { argon2: hardness, salt, nonce, wrappedMasterKey: new Uint8Array(wrapped) };
}

/** The master key, or null when the passphrase does not open this slot. */
export async function unwrapMasterKey(
  slot: KeySlot,
  secret: RepositorySecret,
  repositoryIdBytes: Uint8Array,
): Promise<Uint8Array | null> {
  const key = await slotKeyOf(secret, slot.salt, slot.argon2);
  const decipher = createDecipheriv(cipherName, key, slot.nonce, { authTagLength: tagSizeBytes });
  decipher.setAAD(slotAad(slot.argon2, repositoryIdBytes));
  decipher.setAuthTag(slot.wrappedMasterKey.subarray(keySizeBytes));
  const masterKey = decipher.update(slot.wrappedMasterKey.subarray(0, keySizeBytes));
  try {
    decipher.final();
  } catch {
    // Nothing but the tag can fail here, and it says just this: another passphrase.
    return null;
  }
  return new Uint8Array(masterKey);
}

async function slotKeyOf(
  { passphrase }: RepositorySecret,
  salt: Uint8Array,
  { memoryKib, passes, parallelism }: Argon2Parameters,
): Promise<Uint8Array> {
  if (passphrase.length === 0 || passphrase.length > passphraseMaxLength) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `the passphrase has ${passphrase.length} characters`,
      { remedy: `Use a passphrase of 1 to ${passphraseMaxLength} characters.` },
    );
  }
  return await deriveArgon2id('argon2id', {
    message: Buffer.from(passphrase.normalize('NFC'), 'utf8'),
    nonce: salt,
    memory: memoryKib,
    passes,
    parallelism,
    tagLength: keySizeBytes,
  });
}

function slotAad(
  { memoryKib, passes, parallelism }: Argon2Parameters,
  repositoryIdBytes: Uint8Array,
): Uint8Array {
  const parameters = Buffer.alloc(12);
  parameters.writeUInt32LE(memoryKib, 0);
  parameters.writeUInt32LE(passes, 4);
  parameters.writeUInt32LE(parallelism, 8);
  return Buffer.concat([Buffer.from(aadLabel, 'ascii'), repositoryIdBytes, parameters]);
}
