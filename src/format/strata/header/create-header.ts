import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryId } from '../../../domain/identifiers.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';
import { type Argon2Parameters, wrapMasterKey } from '../keys/key-slot.ts';
import type { RepositoryKeys } from '../keys/repository-keys.ts';
import { deriveRepositoryKeys, keySizeBytes } from '../keys/repository-keys.ts';
import { headerObjectKey } from '../object/object-keys.ts';
import type { RepositoryOptions } from '../../storage-format.ts';
import { encodeHeader } from './repository-header.ts';

/**
 * Makes a new repository: draws its id and master key and creates its header, which is the one
 * step that decides.
 *
 * @throws REPOSITORY_EXISTS, INVALID_ARGUMENT for an unusable passphrase
 */
export async function createHeader(
  options: RepositoryOptions,
  hardness: Argon2Parameters,
): Promise<RepositoryKeys> {
  const { objectStore, secret, random, clock } = options;
  // The costly key derivation is spared when the answer is known already.
  if ((await objectStore.head(headerObjectKey)) !== null) throw repositoryExists();
  const repositoryId = random.uuid() as RepositoryId;
  const masterKey = random.bytes(keySizeBytes);
  const keys = deriveRepositoryKeys(masterKey, repositoryId);
  try {
    const slot = await wrapMasterKey(
      masterKey,
      secret,
      uuidToBytes(repositoryId),
      random,
      hardness,
    );
    const header = { repositoryId, createdAt: clock.now(), slots: [slot] };
    await objectStore.create(headerObjectKey, encodeHeader(header, keys.headerKey));
  } catch (error) {
    if (hasErrorCode(error, 'OBJECT_EXISTS')) throw repositoryExists(error);
    throw error;
  } finally {
    masterKey.fill(0);
  }
  return keys;
}

function repositoryExists(cause?: unknown): SnapledgerError {
  return new SnapledgerError('REPOSITORY_EXISTS', 'there is a repository here already', {
    cause,
    remedy: 'Open it, or choose an empty place for the new one.',
  });
}
