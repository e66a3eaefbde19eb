import type { ObjectKey } from '../../ports/object-store.ts';
import { type Argon2Parameters, argon2Parameters } from '../keys/key-slot.ts';
import type { StorageFormat } from '../storage-format.ts';
import { createHeader, identify, unlock } from './keys/unlock.ts';
import type { Protection } from './object/protection.ts';
import { Qcow2Repository } from './qcow2-repository.ts';
import { createRepositoryContext } from './repository-context.ts';
import { prepareTransfer } from './transfer/prepare-transfer.ts';

const names: Readonly<Record<Protection, string>> = { sealed: 'qcow2', plain: 'qcow2-plain' };

/**
 * Each volume of a point is a qcow2 image, backed by that of the point before. Its bytes:
 * docs/qcow2.md.
 *
 * @param protection `plain`: the images lie as they are, for everybody who can read the store
 * @param hardness of the passphrase of new repositories
 */
export function createQcow2Format(
  protection: Protection,
  hardness: Argon2Parameters,
): StorageFormat {
  const headerKey = names[protection] as ObjectKey;
  const format: StorageFormat = {
    name: names[protection],
    traits: {
      pointDependency: 'needs-parent',
      encryption: protection === 'sealed' ? 'always' : 'none',
      deduplication: 'none',
    },
    headerKey,
    keySlots: null,
    prepareTransfer,
    identify: (objectStore) => identify(objectStore, headerKey),

    async createRepository(options) {
      const unlocked = await createHeader(options, { headerKey, protection, hardness });
      return new Qcow2Repository(format, createRepositoryContext(options, unlocked, protection));
    },

    async openRepository(options) {
      const unlocked = await unlock(options, { headerKey, protection });
      return new Qcow2Repository(format, createRepositoryContext(options, unlocked, protection));
    },
  };
  return format;
}

export const qcow2Format = createQcow2Format('sealed', argon2Parameters);
export const qcow2PlainFormat = createQcow2Format('plain', argon2Parameters);
