import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import { packKey } from '../../../../src/format/strata/object/object-keys.ts';
import type { MapNode, MapRoot } from '../../../../src/format/strata/map/map-node.ts';
import { MapCursor } from '../../../../src/format/strata/map/map-cursor.ts';
import { mapRuns } from '../../../../src/format/strata/map/map-runs.ts';
import type { RecordRef } from '../../../../src/format/strata/map/record-ref.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { createBitFlippingObjectStore } from '../../../support/object-store/bit-flipping-object-store.ts';
import { createCountingObjectStore } from '../../../support/object-store/counting-object-store.ts';
import { MapFixture, blockRef, update } from './map-fixture.ts';

const blockCount = 4096;

async function buildFull(fixture: MapFixture): Promise<MapRoot> {
  const updates = Array.from({ length: blockCount }, (_, n) => update(n, blockRef(n)));
  return await fixture.build({ blockCount, parent: null, base: 'empty', updates });
}

describe('reading a map', () => {
  it('fetches neighbouring nodes of a pack together', async () => {
    const store = createCountingObjectStore(createMemoryObjectStore());
    const fixture = new MapFixture(store);
    const root = await buildFull(fixture);
    const before = store.countOf('get', /^packs/);

    await fixture.entriesOf(root);

    // The root, and its 64 leaves at once.
    assert.equal(store.countOf('get', /^packs/) - before, 2);
  });

  it('finds one block with one small get for each level', async () => {
    const store = createCountingObjectStore(createMemoryObjectStore());
    const fixture = new MapFixture(store);
    const root = await buildFull(fixture);
    const before = store.countOf('get', /^packs/);

    const entry = await new MapCursor(root, fixture.newReader()).blockAt(
      update(3000, 'zero').index,
    );

    const expected = blockRef(3000);
    assert.ok(typeof entry !== 'string' && typeof expected !== 'string');
    assert.equal(entry.offset, expected.offset);
    assert.equal(Buffer.compare(entry.id, expected.id), 0);
    assert.equal(store.countOf('get', /^packs/) - before, 2);
  });

  it('names a flipped bit in any node, and still tells everything else', async () => {
    const fixture = new MapFixture();
    const root = await buildFull(fixture);
    const leaf = await childOf(fixture, root, 7);
    const bits = [0, 8 * 40, 8 * 90, 8 * (leaf.lengthBytes - 1)];
    for (const bit of bits) {
      const flip = { key: leaf.pack.key, bit: leaf.offset * 8 + bit };
      const damaged = copyOn(fixture, createBitFlippingObjectStore(fixture.objectStore, [flip]));

      const runs = await Array.fromAsync(mapRuns(root, damaged.newReader()));

      const found = runs.filter((run) => run.kind === 'damage');
      assert.equal(found.length, 1);
      assert.deepEqual(
        found.map(({ objectKey, range, firstBlock, blockCount: count }) => {
          return { objectKey, range, firstBlock, count };
        }),
        [
          {
            objectKey: leaf.pack.key,
            range: { offset: leaf.offset, lengthBytes: leaf.lengthBytes },
            firstBlock: 7 * 64,
            count: 64,
          },
        ],
      );
      const sound = runs.reduce((sum, run) => sum + (run.kind === 'data' ? run.refs.length : 0), 0);
      assert.equal(sound, blockCount - 64);
    }
  });

  it('does not take one node of the map for another', async () => {
    const fixture = new MapFixture();
    const root = await buildFull(fixture);
    const [a, b] = [await childOf(fixture, root, 3), await childOf(fixture, root, 4)];
    assert.equal(a.lengthBytes, b.lengthBytes);
    const reader = fixture.newReader();
    const place = { level: 0, position: 3, entryCount: 64 };

    // A reference to b where a belongs, as only somebody with the keys could make it.
    await assert.rejects(reader.read(b, place, []), (error) => {
      return hasErrorCode(error, 'OBJECT_CORRUPT') && error.message.includes('place 0:4, not 0:3');
    });
    // The bytes of b in the place of a, as somebody with the bucket could.
    const swapped = createMemoryObjectStore();
    for await (const { key } of fixture.objectStore.list('')) {
      const bytes = await fixture.objectStore.get(key);
      if (key === a.pack.key) {
        const copy = bytes.slice();
        bytes.set(copy.subarray(b.offset, b.offset + b.lengthBytes), a.offset);
      }
      await swapped.create(key, bytes);
    }
    await assert.rejects(copyOn(fixture, swapped).newReader().read(a, place, []), {
      code: 'OBJECT_CORRUPT',
      message: /another record is in this place/,
    });
  });

  it('tells a missing pack, a truncated pack and a missing session key as damage', async () => {
    const fixture = new MapFixture();
    const root = await buildFull(fixture);
    assert.ok(typeof root.entry !== 'string');
    const { key } = root.entry.pack;
    const cut = root.entry.offset;
    const withoutPack = await storeWithout(fixture, key, null);
    const truncated = await storeWithout(fixture, key, cut);
    const withoutKey = await storeWithout(fixture, `keys/${fixture.sessionId}`, null);

    const damageIn = async (store: MapFixture['objectStore']): Promise<unknown> => {
      const runs = await Array.fromAsync(mapRuns(root, copyOn(fixture, store).newReader()));
      return runs.map((run) => (run.kind === 'damage' ? [run.objectKey, run.blockCount] : run));
    };

    assert.deepEqual(await damageIn(withoutPack), [[key, blockCount]]);
    assert.deepEqual(await damageIn(truncated), [[key, blockCount]]);
    assert.deepEqual(await damageIn(withoutKey), [[`keys/${fixture.sessionId}`, blockCount]]);
  });
});

/** The reference to a leaf of a map of two levels. */
async function childOf(fixture: MapFixture, root: MapRoot, child: number): Promise<RecordRef> {
  const node = await new MapCursor(root, fixture.newReader()).nodeAt(1, 0);
  const entry = (node as MapNode).entries[child];
  assert.ok(entry !== undefined && typeof entry !== 'string');
  assert.equal(entry.pack.key, packKey(entry.pack));
  return entry;
}

/** The same map as somebody sees it who reads another store. */
function copyOn(fixture: MapFixture, store: MapFixture['objectStore']): MapFixture {
  return new MapFixture(store, fixture.repositoryKeys);
}

async function storeWithout(
  fixture: MapFixture,
  key: string,
  keepBytes: number | null,
): Promise<MapFixture['objectStore']> {
  const store = createMemoryObjectStore();
  for await (const info of fixture.objectStore.list('')) {
    const bytes = await fixture.objectStore.get(info.key);
    if (info.key !== key) await store.create(info.key, bytes);
    else if (keepBytes !== null) await store.create(key as ObjectKey, bytes.subarray(0, keepBytes));
  }
  return store;
}
