import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { createOnce } from '../../../src/format/flow/create-once.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { createFaultyObjectStore } from '../../support/object-store/faulty-object-store.ts';
import { createTestClock } from '../strata/transfer/test-clock.ts';

const key = 'packs/one' as ObjectKey;
const ours = Buffer.from('our bytes');

function retry() {
  return {
    clock: createTestClock(),
    random: systemRandom,
    signal: new AbortController().signal,
  };
}

describe('creating an object once', () => {
  it('makes it', async () => {
    const store = createMemoryObjectStore();
    assert.equal(await createOnce(store, key, ours, retry()), 'created');
    assert.deepEqual(Buffer.from(await store.get(key)), ours);
  });

  it('recognises its own bytes after a lost answer', async () => {
    const store = createFaultyObjectStore(createMemoryObjectStore(), [
      { method: 'create', when: 'after-effect' },
      { method: 'head', when: 'before-effect' },
      { method: 'get', when: 'before-effect' },
    ]);
    assert.equal(await createOnce(store, key, ours, retry()), 'created');
    assert.deepEqual(store.strikes, [1, 1, 1]);
  });

  for (const [difference, theirs] of [
    ['another length', 'their bytes'],
    ['the same length', 'OUR BYTES'],
  ] as const) {
    it(`says that the name is taken by an object of ${difference}, and leaves that alone`, async () => {
      const store = createMemoryObjectStore();
      await store.create(key, Buffer.from(theirs));
      assert.equal(await createOnce(store, key, ours, retry()), 'taken');
      assert.equal(Buffer.from(await store.get(key)).toString(), theirs);
    });
  }

  it('stops trying when it is aborted', async () => {
    const controller = new AbortController();
    const store = createFaultyObjectStore(createMemoryObjectStore(), [
      { method: 'create', times: 1000, when: 'before-effect' },
    ]);
    const clock = createTestClock();
    const aborting = {
      ...clock,
      sleep: (durationMs: number, signal?: AbortSignal) => {
        controller.abort(new Error('enough'));
        return clock.sleep(durationMs, signal);
      },
    };
    const { signal } = controller;
    await assert.rejects(
      createOnce(store, key, ours, { clock: aborting, random: systemRandom, signal }),
      /enough/,
    );
    assert.deepEqual(store.strikes, [1]);
  });
});
