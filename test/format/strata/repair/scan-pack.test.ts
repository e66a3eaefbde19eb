import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { everything, FormatBench } from '../../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import { packRefOf } from '../../../../src/format/strata/map/record-ref.ts';
import { parsePackKey } from '../../../../src/format/strata/object/object-keys.ts';
import { scanPack } from '../../../../src/format/strata/repair/scan-pack.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import { damage, packOf, recordOffsets } from './repair-bench.ts';

describe('looking through a pack without a key', () => {
  let on: FormatBench;
  let key: ObjectKey;
  let offsets: readonly number[];
  before(async () => {
    on = await FormatBench.create(cheapStrata);
    key = await packOf(on, await on.backUp(modelVolume(text(0, 6)), everything), 'data');
    offsets = await recordOffsets(on.objectStore, key);
    assert.equal(offsets.length, 6);
  });

  /** Where records are found after the bytes at these places were changed. */
  const foundAfter = async (...places: readonly number[]): Promise<readonly number[]> => {
    const { objectStore } = await on.copy();
    await damage(objectStore, key, ...places);
    const name = parsePackKey(key) ?? assert.fail('it is a pack');
    const { sizeBytes } = (await objectStore.head(key)) ?? assert.fail('it is there');
    const records = await scanPack(objectStore, packRefOf(name), sizeBytes);
    return records.map(({ ref }) => ref.offset);
  };

  it('finds every record, and those whose content is damaged', async () => {
    const [, second = 0] = offsets;
    assert.deepEqual(await foundAfter(second + 80), offsets);
  });

  it('finds those after one whose header is damaged', async () => {
    const [, second = 0] = offsets;
    const others = offsets.filter((offset) => offset !== second);
    assert.deepEqual(await foundAfter(second), others, 'its magic');
    assert.deepEqual(await foundAfter(second + 5), others, 'its kind');
  });

  it('finds those after one whose length is wrong', async () => {
    const [, second = 0] = offsets;
    const found = await foundAfter(second + 44);
    for (const offset of offsets.filter((each) => each !== second))
      assert.ok(found.includes(offset));
  });

  it('finds nothing in a pack that is gone, or is none', async () => {
    const name = parsePackKey(key) ?? assert.fail('it is a pack');
    const { objectStore } = await on.copy();
    await objectStore.delete(key);
    assert.deepEqual(await scanPack(objectStore, packRefOf(name), 1000), []);
    await objectStore.create(key, new Uint8Array(1000));
    assert.deepEqual(await scanPack(objectStore, packRefOf(name), 1000), []);
  });
});
