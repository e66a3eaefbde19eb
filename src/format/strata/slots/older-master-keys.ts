import { createCipheriv, createDecipheriv } from 'node:crypto';
import { assert } from '../../../domain/errors/assert.ts';
import type { RepositoryId } from '../../../domain/identifiers.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';
import { deriveFromMasterKey, keySizeBytes } from '../keys/repository-keys.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { slotTableKey } from '../object/object-keys.ts';

const nonceSizeBytes = 12;
const tagSizeBytes = 16;
/** Nonce, ciphertext and tag. */
export const sealedMasterKeySizeBytes = nonceSizeBytes + keySizeBytes + tagSizeBytes;
const cipherName = 'aes-256-gcm';
const aadLabel = 'snapledger/strata/1/older-master-key';

/** Seals the master keys of the epochs before, each under the newest. */
export function sealOlderMasterKeys(
  masterKeys: readonly Uint8Array[],
  repositoryId: RepositoryId,
  random: RandomSource,
): readonly Uint8Array[] {
  const newest = masterKeys.at(-1);
  assert(newest !== undefined, 'a repository has a master key');
  const sealingKey = sealingKeyOf(newest, repositoryId);
  const current = masterKeys.length - 1;
  return masterKeys.slice(0, current).map((masterKey, epoch) => {
    const nonce = random.bytes(nonceSizeBytes);
    const options = { authTagLength: tagSizeBytes };
    const cipher = createCipheriv(cipherName, sealingKey, nonce, options);
    cipher.setAAD(aadOf(repositoryId, epoch, current));
    const sealed = [nonce, cipher.update(masterKey), cipher.final(), cipher.getAuthTag()];
    return new Uint8Array(Buffer.concat(sealed));
  });
}

/**
 * All master keys of a repository by their epoch, the newest last.
 *
 * @throws OBJECT_CORRUPT
 */
export function openOlderMasterKeys(
  table: {
    readonly repositoryId: RepositoryId;
    readonly number: number;
    readonly epoch: number;
    readonly olderMasterKeys: readonly Uint8Array[];
  },
  newest: Uint8Array,
): readonly Uint8Array[] {
  const { repositoryId, number, epoch: current, olderMasterKeys } = table;
  const sealingKey = sealingKeyOf(newest, repositoryId);
  const older = olderMasterKeys.map((sealed, epoch) => {
    const nonce = sealed.subarray(0, nonceSizeBytes);
    const options = { authTagLength: tagSizeBytes };
    const decipher = createDecipheriv(cipherName, sealingKey, nonce, options);
    decipher.setAAD(aadOf(repositoryId, epoch, current));
    decipher.setAuthTag(sealed.subarray(nonceSizeBytes + keySizeBytes));
    const masterKey = decipher.update(sealed.subarray(nonceSizeBytes, -tagSizeBytes));
    try {
      decipher.final();
    } catch (cause) {
      const objectKey = slotTableKey(repositoryId, number);
      throw objectCorrupt({ objectKey }, `master key ${epoch} in it is not authentic`, cause);
    }
    return new Uint8Array(masterKey);
  });
  return [...older, newest];
}

function sealingKeyOf(masterKey: Uint8Array, repositoryId: RepositoryId): Uint8Array {
  return deriveFromMasterKey(masterKey, uuidToBytes(repositoryId), 'older-master-keys');
}

function aadOf(repositoryId: RepositoryId, epoch: number, current: number): Uint8Array {
  const epochs = Buffer.alloc(4);
  epochs.writeUInt16LE(epoch, 0);
  epochs.writeUInt16LE(current, 2);
  return Buffer.concat([Buffer.from(aadLabel, 'ascii'), uuidToBytes(repositoryId), epochs]);
}
