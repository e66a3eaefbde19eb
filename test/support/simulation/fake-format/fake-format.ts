import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { RepositoryId } from '../../../../src/domain/identifiers.ts';
import type { StorageFormat } from '../../../../src/format/storage-format.ts';
import { createJson, type FakeHeader, fakeKeys, invalid, readJson } from './fake-objects.ts';
import { createFakeRepository } from './fake-repository.ts';
import { createFakeTransfer } from './fake-transfer.ts';

/**
 * A storage format of JSON objects, for simulations: the same contract, the same create-once
 * decisions under the same names, and no cryptography, compression or threads, so that a run is
 * fast and the same each time.
 *
 * Cannot prove: anything about the native format's bytes, keys or memory, nor what its own retries
 * do; those are tested with it.
 */
export const fakeFormat: StorageFormat = {
  name: 'fake',
  traits: { pointDependency: 'independent', encryption: 'none', deduplication: 'within-instance' },
  headerKey: fakeKeys.header,

  createRepository: async (options) => {
    const header: FakeHeader = { id: options.random.uuid() as RepositoryId };
    if ((await createJson(options.objectStore, fakeKeys.header, header)) === 'exists') {
      throw new SnapledgerError('REPOSITORY_EXISTS', 'there is a repository already');
    }
    return createFakeRepository(fakeFormat, header.id, options);
  },

  openRepository: async (options) => {
    const header = await readJson<FakeHeader>(options.objectStore, fakeKeys.header);
    if (header === null) throw new SnapledgerError('NOT_A_REPOSITORY', 'there is no repository');
    return createFakeRepository(fakeFormat, header.id, options);
  },

  identify: async (objectStore) =>
    (await readJson<FakeHeader>(objectStore, fakeKeys.header))?.id ?? null,

  keySlots: null,

  prepareTransfer: () => ({
    open: (options) => {
      const isGrant = Buffer.from(options.grant).toString('utf8').startsWith('grant ');
      return isGrant
        ? Promise.resolve(createFakeTransfer(options))
        : Promise.reject(invalid('this is no grant'));
    },
    close: () => Promise.resolve(),
  }),
};
