import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../src/adapters/memory/object-store.ts';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { ObjectKey, ObjectStore } from '../../src/ports/object-store.ts';
import { orTakenBack } from '../../src/vault/created-objects.ts';

const mine = 'mine' as ObjectKey;
const second = 'second' as ObjectKey;
const deciding = 'deciding' as ObjectKey;
const theirs = 'theirs' as ObjectKey;

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
async function keysOf(store: ObjectStore): Promise<readonly string[]> {
  return (await Array.fromAsync(store.list(''))).map(({ key }) => key);
}
const failure = new SnapledgerError('STORE_FULL', 'there is no room', { remedy: 'Make room.' });

describe('what a piece of work has made in a store', () => {
  it('stays when the work is done', async () => {
    const store = createMemoryObjectStore();
    await orTakenBack(store, deciding, (through) => through.create(mine, bytes('a')));
    assert.deepEqual(await keysOf(store), ['mine']);
  });

  it('goes when it fails, and nothing else does', async () => {
    const store = createMemoryObjectStore();
    await store.create(theirs, bytes('theirs'));
    const work = orTakenBack(store, deciding, async (through) => {
      await through.create(mine, [bytes('a'), bytes('b')]);
      await through.create(second, bytes('b'));
      await through.create(theirs, bytes('theirs'));
    });
    await assert.rejects(work, { code: 'OBJECT_EXISTS' });
    assert.deepEqual(await keysOf(store), ['theirs']);
  });

  it('goes also when the reply was lost, but not what another has made then', async () => {
    const store = createMemoryObjectStore();
    const losing: ObjectStore = {
      ...bound(store),
      create: async (key, body) => {
        // Somebody else was there before with other bytes; of the other key the reply is lost.
        await store.create(key, key === theirs ? bytes('of another') : body);
        throw new SnapledgerError('STORE_UNAVAILABLE', 'no reply', { retry: 'retryable' });
      },
    };
    for (const key of [mine, theirs]) {
      const work = orTakenBack(losing, deciding, (through) => through.create(key, bytes('ours')));
      await assert.rejects(work, { code: 'STORE_UNAVAILABLE' });
    }
    assert.deepEqual(await keysOf(store), ['theirs']);
  });

  it('goes in an order in which what decides is the first, and then the newest', async () => {
    const store = createMemoryObjectStore();
    const removed: string[] = [];
    const noting: ObjectStore = {
      ...bound(store),
      delete: async (key) => {
        removed.push(key);
        await store.delete(key);
      },
    };
    const work = orTakenBack(noting, deciding, async (through) => {
      for (const key of [mine, deciding, second]) await through.create(key, bytes('a'));
      throw failure;
    });
    await assert.rejects(work, failure);
    assert.deepEqual(removed, ['deciding', 'second', 'mine']);
  });

  it('is named when it cannot be taken back', async () => {
    const store = createMemoryObjectStore();
    const stuck: ObjectStore = { ...bound(store), delete: () => Promise.reject(failure) };
    const work = orTakenBack(stuck, deciding, async (through) => {
      await through.create(mine, bytes('a'));
      throw failure;
    });
    await assert.rejects(work, {
      code: 'STORE_FULL',
      remedy: 'Make room. Remove what could not be taken back: mine.',
    });
  });
});

function bound(store: ObjectStore): ObjectStore {
  return {
    create: (key, body) => store.create(key, body),
    get: (key, range) => store.get(key, range),
    head: (key) => store.head(key),
    list: (prefix, options) => store.list(prefix, options),
    delete: (key) => store.delete(key),
    retention: null,
  };
}
