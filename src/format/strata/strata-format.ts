import type { JobPlace } from '../../ports/job-place.ts';
import type { Repository } from '../repository.ts';
import type { FormatTraits } from '../format-description.ts';
import type { StorageFormat } from '../storage-format.ts';
import type { RepositoryOptions } from '../repository-options.ts';
import { identifyRepository } from './header/identify-repository.ts';
import { createHeader } from './header/create-header.ts';
import { type Argon2Parameters, argon2Parameters } from '../keys/key-slot.ts';
import { headerObjectKey } from './object/object-keys.ts';
import { createRepositoryContext } from './repository/repository-context.ts';
import { StrataRepository } from './repository/strata-repository.ts';
import { createStrataKeySlots } from './slots/strata-key-slots.ts';
import { unlockRepository } from './slots/unlock-repository.ts';
import { prepareStrataTransfer } from './transfer/prepare-strata-transfer.ts';

const traits: FormatTraits = {
  pointDependency: 'independent',
  encryption: 'always',
  deduplication: 'within-instance',
  locking: 'points',
};

/**
 * The native storage format. Its bytes: docs/strata.md.
 *
 * @param hardness of new key slots; one that is opened says itself how hard it is
 * @param place where blocks are encoded, unless by a worker, and decoded
 */
export function createStrataFormat(
  hardness: Argon2Parameters,
  place: JobPlace = 'threads',
): StorageFormat {
  const format: StorageFormat = {
    name: 'strata',
    traits,
    headerKey: headerObjectKey,

    async createRepository(options: RepositoryOptions): Promise<Repository> {
      const keys = await createHeader(options, hardness);
      return new StrataRepository(format, createRepositoryContext(options, keys, place));
    },

    async openRepository(options: RepositoryOptions): Promise<Repository> {
      const keys = await unlockRepository(options);
      return new StrataRepository(format, createRepositoryContext(options, keys, place));
    },

    identify: identifyRepository,
    keySlots: createStrataKeySlots(hardness),
    prepareTransfer: (options) => prepareStrataTransfer({ ...options, place }),
  };
  return format;
}

export const strataFormat: StorageFormat = createStrataFormat(argon2Parameters);
