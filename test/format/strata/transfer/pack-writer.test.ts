import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type { RepositoryId, SessionId } from '../../../../src/domain/identifiers.ts';
import { PackWriter } from '../../../../src/format/strata/transfer/pack-writer.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import { createTestClock } from './test-clock.ts';

/** A store where nothing is made until somebody lets it go on. */
function heldStore(): { readonly objectStore: ObjectStore; readonly letGo: () => void } {
  const memory = createMemoryObjectStore();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return {
    letGo: () => {
      resolve(undefined);
    },
    objectStore: {
      ...memory,
      create: async (key, body) => {
        await promise;
        await memory.create(key, body);
      },
    },
  };
}

describe('a writer of packs', () => {
  it('tells that uploads wait as long as the store is slower than what fills the packs', async () => {
    const { objectStore, letGo } = heldStore();
    const packs = new PackWriter({
      objectStore,
      random: systemRandom,
      retainUntil: null,
      repositoryId: systemRandom.uuid() as RepositoryId,
      sessionId: systemRandom.uuid() as SessionId,
    });
    const { signal } = new AbortController();
    const retry = { clock: createTestClock(), random: systemRandom, signal };
    const uploads: Promise<void>[] = [];
    const sealed = async (): Promise<void> => {
      packs.append(new Uint8Array(100));
      uploads.push((await packs.seal(retry)).upload);
    };
    await sealed();
    await sealed();
    assert.equal(packs.uploadsWaited, false);
    const third = sealed();
    assert.equal(packs.uploadsWaited, true);
    letGo();
    await third;
    await Promise.all(uploads);
    assert.equal(packs.uploadsWaited, true);
    await sealed();
    assert.equal(packs.uploadsWaited, false);
  });
});
