import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { readHeader, relocationsFeature } from '../header/repository-header.ts';
import { headerObjectKey } from '../object/object-keys.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';

/**
 * Readers of a repository that does not name the feature need not know of relocations.
 *
 * @throws REPOSITORY_VERSION, OBJECT_CORRUPT
 */
export async function requireRelocations({
  objectStore,
  keys,
}: Pick<RepositoryContext, 'objectStore' | 'keys'>): Promise<void> {
  const header = readHeader(await objectStore.get(headerObjectKey));
  header.authenticate(keys.headerKey);
  if (header.incompatibleFeatures.includes(relocationsFeature)) return;
  throw new SnapledgerError(
    'REPOSITORY_VERSION',
    'the repository was made before what points need could be moved',
    {
      remedy: 'Nothing was changed. Repositories that this version makes can be repacked.',
    },
  );
}
