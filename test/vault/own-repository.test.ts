import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../src/adapters/memory/object-store.ts';
import type { RepositoryId } from '../../src/domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../../src/ports/object-store.ts';
import { ownRepositoryStore } from '../../src/vault/own-repository.ts';
import { createVirtualClock } from '../support/clock/virtual-clock.ts';

const own = '0b7c9f5e-0000-4000-8000-000000000001' as RepositoryId;
const other = '0b7c9f5e-0000-4000-8000-000000000002' as RepositoryId;
const key = 'packs/one' as ObjectKey;
const body = Buffer.from('sealed');

/** A store whose repository is whatever the test says it is. */
function placeOf(repositoryId: RepositoryId | null = own) {
  const clock = createVirtualClock();
  const inner = createMemoryObjectStore();
  const place: { found: RepositoryId | null; looks: number } = { found: own, looks: 0 };
  const identify = (): Promise<RepositoryId | null> => {
    place.looks += 1;
    return Promise.resolve(place.found);
  };
  const store = ownRepositoryStore(inner, {
    format: { name: 'strata', identify },
    repositoryId,
    clock,
  });
  return { clock, inner, place, store };
}

const methods: Readonly<Record<string, (store: ObjectStore) => Promise<unknown>>> = {
  create: (store) => store.create('packs/two' as ObjectKey, body),
  get: (store) => store.get(key),
  head: (store) => store.head(key),
  list: (store) => Array.fromAsync(store.list('packs/')),
  delete: (store) => store.delete(key),
};

describe('the store of a vault’s own repository', () => {
  it('gives what is there, and looks once for all that is done within a minute', async () => {
    const { clock, inner, place, store } = placeOf();
    await Promise.all([store.create(key, body), store.head(key)]);
    await clock.advance(59_999);
    assert.deepEqual(await store.get(key), await inner.get(key));
    const part = await store.get(key, { offset: 1, lengthBytes: 2 });
    assert.equal(Buffer.from(part).toString(), 'ea');
    assert.equal((await Array.fromAsync(store.list('packs/'))).length, 1);
    assert.deepEqual(await Array.fromAsync(store.list('packs/', { after: key })), []);
    await store.delete(key);
    assert.equal(await inner.head(key), null);
    assert.equal(place.looks, 1);
  });

  for (const [name, use] of Object.entries(methods)) {
    it(`refuses '${name}' where there is another one, whose objects stay as they are`, async () => {
      const { inner, place, store } = placeOf();
      await inner.create(key, body);
      place.found = other;
      await assert.rejects(use(store), {
        code: 'REPOSITORY_EXCHANGED',
        details: { own, found: other },
      });
      const left = await Array.fromAsync(inner.list(''));
      assert.deepEqual(
        left.map((object) => object.key),
        [key],
      );
    });
  }

  it('refuses where there is none at all: its disk may not be mounted', async () => {
    const { place, store } = placeOf();
    place.found = null;
    await assert.rejects(store.create(key, body), { code: 'NOT_A_REPOSITORY', message: /strata/ });
  });

  it('notices an exchange after a minute, and goes on when its own is back', async () => {
    const { clock, place, store } = placeOf();
    await store.create(key, body);
    place.found = other;
    await clock.advance(60_000);
    await assert.rejects(store.head(key), { code: 'REPOSITORY_EXCHANGED' });
    place.found = own;
    assert.equal((await store.head(key))?.sizeBytes, body.length);
  });

  it('takes any for a vault that does not know which is its own', async () => {
    const { inner, place, store } = placeOf(null);
    place.found = other;
    assert.equal(store, inner);
    await store.create(key, body);
    assert.equal(place.looks, 0);
  });
});
