import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryId } from '../../../domain/identifiers.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { headerObjectKey } from '../object/object-keys.ts';
import { readHeader } from './repository-header.ts';

/**
 * The id in the header of the repository in a store; null when there is none. It is not authenticated,
 * which takes a key: whoever can write there can copy a header, but not what else belongs to it.
 *
 * @throws NOT_A_REPOSITORY, REPOSITORY_VERSION, OBJECT_CORRUPT
 */
export async function identifyRepository(
  objectStore: Pick<ObjectStore, 'get'>,
): Promise<RepositoryId | null> {
  try {
    return readHeader(await objectStore.get(headerObjectKey)).repositoryId;
  } catch (error) {
    if (hasErrorCode(error, 'OBJECT_NOT_FOUND')) return null;
    throw error;
  }
}
