import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { TimestampMs } from '../../src/domain/identifiers.ts';
import type { ObjectKey, ObjectStore, Retention } from '../../src/ports/object-store.ts';

/** A clock that the store goes by, and whoever decides in it what may be removed. */
export interface SettableClock {
  now(): TimestampMs;
}

export interface RetentionHarness {
  readonly store: ObjectStore;
  dispose(): Promise<void>;
}

const day = 24 * 60 * 60 * 1000;

/** Everything that src/ports/object-store.ts promises of a store that keeps objects until a date. */
export function retentionConformance(
  name: string,
  factory: (clock: SettableClock) => Promise<RetentionHarness>,
): void {
  describe(`${name} keeps objects until a date`, () => {
    const start = Date.UTC(2030, 0, 1);
    const key = 'packs/s/1' as ObjectKey;
    const body = new TextEncoder().encode('body');
    let now = start;
    let harness: RetentionHarness;
    let store: ObjectStore;
    let retention: Retention;

    beforeEach(async () => {
      now = start;
      harness = await factory({ now: () => now as TimestampMs });
      ({ store } = harness);
      assert.ok(store.retention !== null);
      ({ retention } = store);
    });
    afterEach(() => harness.dispose());

    const at = (days: number): TimestampMs => (start + days * day) as TimestampMs;

    it('says for how many days points are kept', () => {
      assert.equal(retention.pointDays, 30);
    });

    it('refuses to remove an object before its date, says until when, and removes it then', async () => {
      await store.create(key, body, { retainUntil: at(3) });
      now = at(3) - 1;
      await assert.rejects(store.delete(key), {
        code: 'OBJECT_HELD',
        details: { key, heldUntil: at(3) },
      });
      assert.deepEqual(await store.get(key), body);

      now = at(3);
      await store.delete(key);
      assert.equal(await store.head(key), null);
      assert.deepEqual(await Array.fromAsync(store.list('')), []);
    });

    it('removes at once what it was not asked to keep', async () => {
      await store.create(key, body);
      assert.equal(await retention.heldUntil(key), null);
      await store.delete(key);
      assert.equal(await store.head(key), null);
    });

    it('keeps for longer what is to be kept for longer, and what was not kept at all', async () => {
      const other = 'packs/s/2' as ObjectKey;
      await store.create(key, body, { retainUntil: at(3) });
      await store.create(other, body);
      for (const each of [key, other]) {
        await retention.extend(each, at(5));
        assert.equal(await retention.heldUntil(each), at(5));
      }
      now = at(4);
      for (const each of [key, other]) {
        await assert.rejects(store.delete(each), { code: 'OBJECT_HELD' });
      }
    });

    it('keeps nothing for less long than before', async () => {
      await store.create(key, body, { retainUntil: at(5) });
      await retention.extend(key, at(3));
      await retention.extend(key, at(5));
      assert.equal(await retention.heldUntil(key), at(5));
    });

    it('finds nothing to keep where there is no object', async () => {
      await assert.rejects(retention.extend(key, at(1)), { code: 'OBJECT_NOT_FOUND' });
      await assert.rejects(retention.heldUntil(key), { code: 'OBJECT_NOT_FOUND' });
    });

    it('gives a name that was removed to another object, which is read then', async () => {
      const again = new TextEncoder().encode('again');
      await store.create(key, body, { retainUntil: at(1) });
      await store.get(key);
      now = at(2);
      await store.delete(key);
      await store.create(key, again);
      assert.deepEqual(await store.get(key), again);
    });

    it('names nothing that nobody has touched', async () => {
      await store.create(key, body, { retainUntil: at(1) });
      assert.deepEqual(await Array.fromAsync(retention.disturbed('')), []);
    });
  });
}
