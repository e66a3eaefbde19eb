import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { RepositoryId } from '../domain/identifiers.ts';
import type { Repository } from '../format/repository.ts';
import type { RepositoryOptions } from '../format/repository-options.ts';
import type { StorageFormat } from '../format/storage-format.ts';

/**
 * Opens the repository of a vault, and no other that stands in its place: the same passphrase may
 * open that too, and everything that the ledger tells of would seem to be gone.
 *
 * @param own null when the vault was made before its marker named it: then any is taken
 * @throws REPOSITORY_EXCHANGED, and what opening a repository throws
 */
export async function openOwnRepository(
  format: StorageFormat,
  options: RepositoryOptions,
  own: RepositoryId | null,
): Promise<Repository> {
  const repository = await format.openRepository(options);
  if (own === null || repository.id === own) return repository;
  const found = repository.id;
  await repository.close();
  throw new SnapledgerError(
    'REPOSITORY_EXCHANGED',
    `the repository of this vault is ${own}, and in its place there is another one, ${found}`,
    {
      remedy:
        "Bring back its own, or correct its place in 'vault.json'. To go on with the other one, make a vault of it: 'snapledger recover --repository PLACE --vault DIR'.",
      details: { own, found },
    },
  );
}
