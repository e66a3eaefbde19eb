import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { objectStoreConformance } from '../../conformance/object-store.ts';
import { createBitFlippingObjectStore } from './bit-flipping-object-store.ts';
import { createCountingObjectStore } from './counting-object-store.ts';
import { createFaultyObjectStore } from './faulty-object-store.ts';
import { createQuotaObjectStore } from './quota-object-store.ts';

const key = 'f/a' as ObjectKey;
const body = new Uint8Array([1, 2, 3, 4]);

// A double that has nothing to do must not be noticed.
objectStoreConformance('memory behind all doubles at rest', () => {
  const quiet = createBitFlippingObjectStore(
    createFaultyObjectStore(createMemoryObjectStore(), []),
    [],
  );
  const store = createQuotaObjectStore(createCountingObjectStore(quiet), {
    capacityBytes: 2 ** 30,
  });
  return Promise.resolve({
    open: () => Promise.resolve(store),
    dispose: () => Promise.resolve(),
  });
});

describe('the faulty store', () => {
  it('fails before the effect, for the calls that were named and no others', async () => {
    const inner = createMemoryObjectStore();
    const store = createFaultyObjectStore(inner, [
      { method: 'create', key: /^f\//, fromCall: 2, times: 2, when: 'before-effect' },
    ]);

    await store.create('f/1' as ObjectKey, body);
    await store.create('g/1' as ObjectKey, body);
    for (const failing of ['f/2', 'f/3'] as ObjectKey[]) {
      await assert.rejects(store.create(failing, body), { code: 'STORE_UNAVAILABLE' });
      assert.equal(await inner.head(failing), null);
    }
    await store.create('f/4' as ObjectKey, body);
    assert.deepEqual(store.strikes, [2]);
  });

  it('loses the answer after the effect, so that a retry meets its own work', async () => {
    const store = createFaultyObjectStore(createMemoryObjectStore(), [
      { method: 'create', when: 'after-effect' },
    ]);

    await assert.rejects(store.create(key, body), { code: 'STORE_UNAVAILABLE' });

    await assert.rejects(store.create(key, body), { code: 'OBJECT_EXISTS' });
  });

  it('breaks off a listing at its end', async () => {
    const store = createFaultyObjectStore(createMemoryObjectStore(), [
      { method: 'list', key: /^f/, when: 'after-effect' },
    ]);
    await store.create(key, body);
    const seen: string[] = [];

    await assert.rejects(
      async () => {
        for await (const object of store.list('f/')) seen.push(object.key);
      },
      { code: 'STORE_UNAVAILABLE' },
    );

    assert.deepEqual(seen, [key]);
  });
});

describe('the store with a quota', () => {
  it('is full at its quota, leaves nothing, and has room again after a removal', async () => {
    const store = createQuotaObjectStore(createMemoryObjectStore(), { capacityBytes: 6 });
    await store.create(key, body);

    await assert.rejects(store.create('b' as ObjectKey, body), { code: 'STORE_FULL' });
    assert.equal(await store.head('b' as ObjectKey), null);

    await assert.rejects(store.create(key, body.subarray(2)), { code: 'OBJECT_EXISTS' });
    await store.delete(key);
    await store.create('b' as ObjectKey, body);
    store.setCapacity(8);
    await store.create('c' as ObjectKey, body);
  });
});

describe('the store that flips bits', () => {
  it('flips the named bit in whole and in ranged gets, and only there', async () => {
    const store = createBitFlippingObjectStore(createMemoryObjectStore(), [{ key, bit: 17 }]);
    await store.create(key, body);
    await store.create('b' as ObjectKey, body);

    assert.deepEqual(await store.get(key), new Uint8Array([1, 2, 1, 4]));
    assert.deepEqual(await store.get(key, { offset: 2, lengthBytes: 2 }), new Uint8Array([1, 4]));
    assert.deepEqual(await store.get(key, { offset: 3, lengthBytes: 1 }), new Uint8Array([4]));
    assert.deepEqual(await store.get('b' as ObjectKey), body);
  });
});

describe('the counting store', () => {
  it('counts calls by method and key', async () => {
    const store = createCountingObjectStore(createMemoryObjectStore());
    await store.create(key, body);
    await store.get(key);
    await store.get(key, { offset: 0, lengthBytes: 1 });
    await assert.rejects(store.get('absent' as ObjectKey));
    await Array.fromAsync(store.list(''));

    assert.equal(store.countOf('get'), 3);
    assert.equal(store.countOf('get', /^f\//), 2);
    assert.equal(store.countOf('list'), 1);
    assert.equal(store.countOf('delete'), 0);
  });
});
