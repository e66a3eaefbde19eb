import type { Repository } from '../repository.ts';
import type { FormatTraits } from '../format-description.ts';
import type { RepositoryOptions, StorageFormat } from '../storage-format.ts';
import { createHeader } from './header/create-header.ts';
import { unlockHeader } from './header/unlock-header.ts';
import { createRepositoryContext } from './repository/repository-context.ts';
import { StrataRepository } from './repository/strata-repository.ts';
import { prepareStrataTransfer } from './transfer/prepare-strata-transfer.ts';

const traits: FormatTraits = {
  pointDependency: 'independent',
  encryption: 'always',
  deduplication: 'within-instance',
};

/** The native storage format. Its bytes: docs/strata.md. */
export const strataFormat: StorageFormat = {
  name: 'strata',
  traits,

  async createRepository(options: RepositoryOptions): Promise<Repository> {
    const keys = await createHeader(options);
    return new StrataRepository(strataFormat, createRepositoryContext(options, keys));
  },

  async openRepository(options: RepositoryOptions): Promise<Repository> {
    const keys = await unlockHeader(options);
    return new StrataRepository(strataFormat, createRepositoryContext(options, keys));
  },

  prepareTransfer: prepareStrataTransfer,
};
