import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { keepWorkerArchive, workerArchiveKey } from '../../../src/vault/cloud/worker-archives.ts';

const archive = Buffer.from('an archive for workers');
const sha256 = createHash('sha256').update(archive).digest('hex');
const key = workerArchiveKey(sha256);

describe('an archive for workers', () => {
  let objectStore: ObjectStore;
  beforeEach(() => {
    objectStore = createMemoryObjectStore();
  });

  it('is put into the store once', async () => {
    assert.equal(await keepWorkerArchive(objectStore, archive), sha256);
    assert.equal(await keepWorkerArchive(objectStore, archive), sha256);

    assert.deepEqual(Buffer.from(await objectStore.get(key)), archive);
  });

  it('may be put there by another engine at the same moment', async () => {
    let heads = 0;
    const late: Pick<ObjectStore, 'head' | 'get' | 'create'> = {
      create: (...asked) => objectStore.create(...asked),
      get: (...asked) => objectStore.get(...asked),
      head: async (asked) => {
        heads += 1;
        if (heads > 1) return objectStore.head(asked);
        await objectStore.create(key, archive);
        return null;
      },
    };

    assert.equal(await keepWorkerArchive(late, archive), sha256);
  });

  for (const [what, there] of [
    ['another size', 'something else'],
    ['the same size', 'AN ARCHIVE FOR WORKERS'],
  ] as const) {
    it(`is named when something of ${what} lies in its place`, async () => {
      await objectStore.create(key, Buffer.from(there));

      await assert.rejects(keepWorkerArchive(objectStore, archive), (error) => {
        assert.ok(error instanceof SnapledgerError);
        assert.equal(error.code, 'OBJECT_CORRUPT');
        assert.ok(error.message.includes(key));
        return true;
      });
    });
  }
});
