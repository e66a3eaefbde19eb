import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import { objectBodyOf } from '../../../src/ports/object-body.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { createHookedObjectStore } from './hooked-object-store.ts';

export interface QuotaObjectStore extends ObjectStore {
  setCapacity(capacityBytes: number): void;
}

/**
 * Is full when the objects that were created through it come to more than `capacityBytes`.
 * Deleting makes room again.
 *
 * Cannot prove: what a real disk does when it fills up in the middle of a write; the file-system
 * store is tested on a real full one. Objects that others created do not count.
 */
export function createQuotaObjectStore(
  inner: ObjectStore,
  options: { readonly capacityBytes: number },
): QuotaObjectStore {
  let { capacityBytes } = options;
  let usedBytes = 0;
  const sizes = new Map<string, number>();
  return {
    ...createHookedObjectStore(inner, {}),

    async create(key, body) {
      const { sizeBytes } = objectBodyOf(key, body);
      if (usedBytes + sizeBytes > capacityBytes) {
        throw new SnapledgerError(
          'STORE_FULL',
          `no room for the ${sizeBytes} bytes of "${key}": ` +
            `${usedBytes} of ${capacityBytes} bytes are in use`,
          { remedy: 'raise the quota of the double' },
        );
      }
      // reserved before the write, so that creators at the same time cannot share the last room
      usedBytes += sizeBytes;
      try {
        await inner.create(key, body);
        sizes.set(key, sizeBytes);
      } catch (error) {
        usedBytes -= sizeBytes;
        throw error;
      }
    },

    async delete(key) {
      await inner.delete(key);
      usedBytes -= sizes.get(key) ?? 0;
      sizes.delete(key);
    },

    setCapacity(bytes) {
      capacityBytes = bytes;
    },
  };
}
