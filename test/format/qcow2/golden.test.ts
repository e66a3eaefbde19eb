import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { assertPointIs } from '../../../src/conformance/assert-point.ts';
import { changed, FormatBench, optionsOn } from '../../../src/conformance/format-bench.ts';
import { modelVolume } from '../../../src/conformance/model-volume.ts';
import type { PointId } from '../../../src/domain/identifiers.ts';
import { createQcow2Format } from '../../../src/format/qcow2/qcow2-format.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { cheapHardness } from '../../support/format/cheap-strata.ts';
import { goldenVolumes } from './golden-volumes.ts';

/** Written by version 1; never changed. */
interface Golden {
  readonly points: readonly PointId[];
  /** Base 64. Of the sealed one without the pieces of images besides their parts, which nobody reads. */
  readonly objects: Readonly<Record<string, string>>;
}

for (const protection of ['sealed', 'plain'] as const) {
  describe(`a repository of ${protection} images that version 1 has written`, () => {
    const open = async (): Promise<{
      readonly on: FormatBench;
      readonly points: readonly PointId[];
    }> => {
      const file = new URL(`../../fixtures/qcow2/${protection}.json.zst`, import.meta.url);
      const { points, objects } = JSON.parse(
        zstdDecompressSync(await readFile(file)).toString('utf8'),
      ) as Golden;
      const store = createMemoryObjectStore();
      for (const [key, content] of Object.entries(objects)) {
        await store.create(key as ObjectKey, Buffer.from(content, 'base64'));
      }
      const format = createQcow2Format(protection, cheapHardness);
      const repository = await format.openRepository(optionsOn(store));
      return { on: new FormatBench(store, repository, format), points };
    };

    it('is read as it was', async () => {
      const { on, points } = await open();
      const volumes = goldenVolumes.slice(1);
      assert.equal(points.length, volumes.length);
      for (const [number, pointId] of points.entries()) {
        const volume = volumes[number];
        assert.ok(volume !== undefined);
        await assertPointIs(on.repository, pointId, volume);
      }
      if (protection === 'sealed') return;
      const steps = await Array.fromAsync(on.repository.verify({ depth: 'deep' }));
      assert.deepEqual(
        steps.filter(({ kind }) => kind === 'finding'),
        [],
      );
    });

    it('is gone on with', async () => {
      const { on, points } = await open();
      const [, , before] = goldenVolumes;
      const newest = points.at(-1);
      assert.ok(newest !== undefined);
      const { manifest } = await on.repository.openPoint(newest);
      const after = modelVolume(['text-40', ...before.blocks.slice(1)]);
      const { pointId, volumes } = await on.backUp(after, changed(before, after), manifest);
      assert.equal(volumes[0]?.blocksStored, 1);
      await assertPointIs(on.repository, pointId, after);
    });
  });
}
