import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import type { KeySlots } from '../../../../src/format/key-slots.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import { optionsOn } from '../../../../src/conformance/format-bench.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';

if (cheapStrata.keySlots === null) throw new TypeError('strata has key slots');
export const keySlots: KeySlots = cheapStrata.keySlots;

/** An empty repository with the usual passphrase. */
export async function emptyRepository(): Promise<ObjectStore> {
  const objectStore = createMemoryObjectStore();
  await (await cheapStrata.createRepository(optionsOn(objectStore))).close();
  return objectStore;
}

/** Which of the secrets open the repository. */
export async function openingSecrets(
  objectStore: ObjectStore,
  secrets: readonly string[],
): Promise<readonly string[]> {
  const opening: string[] = [];
  for (const secret of secrets) {
    try {
      await (await cheapStrata.openRepository(optionsOn(objectStore, secret))).close();
      opening.push(secret);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'WRONG_PASSPHRASE')) {
        throw error;
      }
    }
  }
  return opening;
}

export async function keysIn(objectStore: ObjectStore, prefix = ''): Promise<readonly string[]> {
  return await Array.fromAsync(objectStore.list(prefix), ({ key }) => key);
}

/** Every object and its bytes. */
export async function contentsOf(objectStore: ObjectStore): Promise<ReadonlyMap<string, string>> {
  const contents = new Map<string, string>();
  for await (const { key } of objectStore.list('')) {
    contents.set(key, Buffer.from(await objectStore.get(key)).toString('base64'));
  }
  return contents;
}
