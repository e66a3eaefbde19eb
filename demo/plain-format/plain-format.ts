import type { FormatPlug, StorageFormat } from '../../src/format.ts';
import { plainKeys } from './plain-objects.ts';
import { createPlainRepository } from './plain-repository.ts';
import { createSecret, openSecret, plainRepositoryIn } from './plain-secret.ts';
import { prepareTransfer } from './plain-transfer.ts';

/**
 * An example of a storage format: blocks lie in packs as they are, a point lists where each of its
 * blocks is, and goes together with the packs of its session. docs/formats.md walks through it. It
 * keeps to everything that a format has to; what it does not do is compress, encrypt, or hold maps
 * in less than all of memory.
 */
export const plainFormat: StorageFormat = {
  name: 'plain',
  traits: { pointDependency: 'needs-parent', encryption: 'none', deduplication: 'none' },
  headerKey: plainKeys.header,
  keySlots: null,
  prepareTransfer,
  identify: plainRepositoryIn,

  async createRepository(options) {
    const { objectStore, secret, random } = options;
    const made = await createSecret(objectStore, secret, random);
    return createPlainRepository(plainFormat, made, options);
  },

  async openRepository(options) {
    const opened = await openSecret(options.objectStore, options.secret);
    return createPlainRepository(plainFormat, opened, options);
  },
};

export const formatPlug: FormatPlug = {
  format: plainFormat,
  workerModule: new URL(
    `./plain-transfer${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
    import.meta.url,
  ),
};
