import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import { SensitiveKeys } from '../../../src/engine/sensitive/sensitive-keys.ts';
import { sensitiveKeyKey } from '../../../src/engine/transparency-log/log-objects.ts';
import type { ObjectKey, ObjectStore } from '../../../src/ports/object-store.ts';

const subject = 'instance-web-1';
const headerKey = 'header' as ObjectKey;

/** Keys in the store that is in place now, as a folder is that may not be mounted. */
function keysIn(place: { store: ObjectStore }, wrappingByte = 1): SensitiveKeys {
  return new SensitiveKeys({
    objectStore: {
      create: (key, body) => place.store.create(key, body),
      get: (key, range) => place.store.get(key, range),
      head: (key) => place.store.head(key),
      delete: (key) => place.store.delete(key),
      list: (prefix, options) => place.store.list(prefix, options),
      retention: null,
    },
    headerKey,
    random: systemRandom,
    clock: { now: () => 0 as TimestampMs, sleep: () => Promise.resolve() },
    wrappingKey: () => Promise.resolve(new Uint8Array(32).fill(wrappingByte)),
  });
}

async function newRepository(): Promise<ObjectStore> {
  const store = createMemoryObjectStore();
  await store.create(headerKey, new Uint8Array());
  return store;
}

describe('the keys of sensitive fields', () => {
  it('are not gone, and are not made anew, where there is no repository', async () => {
    const repository = await newRepository();
    const place = { store: repository };
    const { id } = await keysIn(place).obtain(subject);
    const keys = keysIn(place);
    place.store = createMemoryObjectStore();
    const notThere = { code: 'NOT_A_REPOSITORY', message: /no object 'header'/ };
    await assert.rejects(keys.find(subject, id), notThere);
    await assert.rejects(keys.obtain(subject), notThere);
    await assert.rejects(keys.has(subject), notThere);
    await assert.rejects(keys.destroy(subject, { kind: 'there', id }), notThere);
    assert.deepEqual(await Array.fromAsync(place.store.list('')), []);

    place.store = repository;
    assert.equal((await keys.find(subject, id))?.id, id);
    assert.equal((await keys.obtain(subject)).id, id);
  });

  it('are gone when they were destroyed in the repository, and another one is made then', async () => {
    const place = { store: await newRepository() };
    const keys = keysIn(place);
    const { id } = await keys.obtain(subject);
    assert.equal(await keys.has(subject), true);
    const key = { kind: 'there', id } as const;
    assert.deepEqual(await keys.current(subject), key);
    assert.equal(await keys.destroy(subject, key), 'gone');
    assert.equal(await keys.destroy(subject, key), 'gone');
    assert.equal(await keys.has(subject), false);
    assert.deepEqual(await keys.current(subject), { kind: 'none' });
    assert.equal(await keys.find(subject, id), null);
    assert.notEqual((await keys.obtain(subject)).id, id);
  });

  it('are destroyed only as they were told of', async () => {
    const place = { store: await newRepository() };
    const keys = keysIn(place);
    const { id } = await keys.obtain(subject);
    for (const told of [
      { kind: 'none' },
      { kind: 'damaged' },
      { kind: 'there', id: 'the one before' },
    ] as const) {
      assert.equal(await keys.destroy(subject, told), 'another');
    }
    assert.equal((await keys.find(subject, id))?.id, id);

    const elsewhere = keysIn(place, 2);
    assert.deepEqual(await elsewhere.current(subject), { kind: 'damaged' });
    assert.equal(await elsewhere.destroy(subject, { kind: 'there', id }), 'another');
    assert.equal(await elsewhere.destroy(subject, { kind: 'damaged' }), 'gone');
    assert.equal(await elsewhere.has(subject), false);
  });

  it('do not open with the wrapping key of another vault, which the remedy tells of', async () => {
    const place = { store: await newRepository() };
    const { id } = await keysIn(place).obtain(subject);
    await assert.rejects(keysIn(place, 2).find(subject, id), {
      code: 'SENSITIVE_KEY_DAMAGED',
      remedy: /'sensitive\.key' is that of another repository: remove it/,
      details: { objectKey: sensitiveKeyKey(subject) },
    });
  });
});
