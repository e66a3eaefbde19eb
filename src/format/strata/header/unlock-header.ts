import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';
import { unwrapMasterKey } from '../keys/key-slot.ts';
import type { RepositoryKeys } from '../keys/repository-keys.ts';
import { deriveRepositoryKeys } from '../keys/repository-keys.ts';
import { headerObjectKey } from '../object/object-keys.ts';
import type { RepositoryOptions } from '../../storage-format.ts';
import { readHeader } from './repository-header.ts';

/**
 * Reads the header and opens it with the secret.
 *
 * @throws NOT_A_REPOSITORY, REPOSITORY_VERSION, WRONG_PASSPHRASE, OBJECT_CORRUPT
 */
export async function unlockHeader(
  options: Pick<RepositoryOptions, 'objectStore' | 'secret'>,
): Promise<RepositoryKeys> {
  const header = readHeader(await getHeader(options));
  const repositoryIdBytes = uuidToBytes(header.repositoryId);
  for (const slot of header.slots) {
    const masterKey = await unwrapMasterKey(slot, options.secret, repositoryIdBytes);
    if (masterKey === null) continue;
    const keys = deriveRepositoryKeys(masterKey, header.repositoryId);
    masterKey.fill(0);
    header.authenticate(keys.headerKey);
    return keys;
  }
  throw new SnapledgerError('WRONG_PASSPHRASE', 'the passphrase does not open this repository', {
    remedy: 'Try again; without the right passphrase nobody can read the repository.',
  });
}

async function getHeader({
  objectStore,
}: Pick<RepositoryOptions, 'objectStore'>): Promise<Uint8Array> {
  try {
    return await objectStore.get(headerObjectKey);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
    throw new SnapledgerError('NOT_A_REPOSITORY', 'there is no repository here', {
      cause: error,
      remedy: 'Check bucket, folder and prefix, or create a repository first.',
    });
  }
}
