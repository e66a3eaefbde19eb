import assert from 'node:assert/strict';
import { isSnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { BlockIndex } from '../domain/identifiers.ts';
import type { PointManifest } from '../format/restore-point.ts';
import type { ObjectInfo } from '../ports/object-store.ts';
import { assertPointIs } from './assert-point.ts';
import { type FormatBench, changed, everything, volumeId } from './format-bench.ts';
import type { ModelBlock } from './model-volume.ts';
import { blockOf, modelVolume } from './model-volume.ts';
import type { TestRunner } from './test-runner.ts';

const volume = modelVolume(
  Array.from({ length: 6 }, (_, n): ModelBlock => `noise-${n}`),
  77,
);

/** Places in an object of which a bit is turned: its ends and in between. */
const placesPerObject = 5;

/**
 * Data that was changed or lost is told of, and never comes out as content. Tried on what workers
 * store, under `packs/`.
 */
export function damageConformance(
  { describe, it }: TestRunner,
  bench: () => Promise<FormatBench>,
): void {
  describe('data that is damaged', () => {
    let on: FormatBench;
    let point: PointManifest;
    const prepare = async (): Promise<readonly ObjectInfo[]> => {
      on = await bench();
      point = await on.backUp(volume, everything);
      const objects = await Array.fromAsync(on.objectStore.list(`packs/${point.pointId}/`));
      assert.ok(objects.length > 0, 'the blocks are in objects under packs/SESSION/');
      return objects;
    };

    it('is told of where it is, and what is sound still comes', async () => {
      let told = 0;
      for (const { key, sizeBytes } of await prepare()) {
        for (let place = 0; place < placesPerObject; place += 1) {
          const at = Math.floor(((sizeBytes - 1) * place) / (placesPerObject - 1));
          const copy = await on.copy();
          const bytes = await copy.objectStore.get(key);
          bytes[at] = (bytes[at] ?? 0) ^ 0x10;
          await copy.objectStore.delete(key);
          await copy.objectStore.create(key, bytes);
          told += await assertToldOf(copy, point, `${key}, byte ${at}`);
        }
      }
      assert.ok(told > 0, 'something of it matters');
    });

    it('is told of whichever object of a repository is gone, where anything is lost by it', async () => {
      await prepare();
      const next = modelVolume([...volume.blocks.slice(0, -1), 'noise-9'], 77);
      const second = await on.backUp(next, changed(volume, next), point);
      let missed = 0;
      for (const { key } of await Array.fromAsync(on.objectStore.list(''))) {
        const copy = await on.copy();
        await copy.objectStore.delete(key);
        const told = await tellsOf(copy, [point, second]);
        if (!told) {
          await assertPointIs(copy.repository, point.pointId, volume);
          await assertPointIs(copy.repository, second.pointId, next);
        }
        missed += told ? 1 : 0;
      }
      assert.ok(missed > 0, 'something is missed');
    });

    it('is told of when an object is gone', async () => {
      for (const { key } of await prepare()) {
        const copy = await on.copy();
        await copy.objectStore.delete(key);
        const told = await assertToldOf(copy, point, key);
        assert.ok(told > 0, `nobody misses ${key}`);
      }
    });
  });
}

/** Whether a verification finds anything, a point is traced and not there, or the repository does not open. */
async function tellsOf(copy: FormatBench, points: readonly PointManifest[]): Promise<boolean> {
  let again: FormatBench;
  try {
    again = await copy.reopen();
  } catch (error) {
    assert.ok(isSnapledgerError(error));
    return true;
  }
  for (const { pointId, instanceId } of points) {
    const trace = await again.repository.tracePoint(pointId, instanceId);
    if (trace.kind === 'missing') return true;
  }
  const steps = await Array.fromAsync(again.repository.verify({ depth: 'deep' }));
  return steps.some(({ kind }) => kind === 'finding');
}

/** @returns how many blocks are damaged, or all of them when the point cannot be opened */
async function assertToldOf(
  { repository }: FormatBench,
  { pointId }: PointManifest,
  what: string,
): Promise<number> {
  const damaged = new Set<number>();
  let next = 0;
  const point = await repository.openPoint(pointId);
  for await (const part of point.readVolume(volumeId)) {
    if (part.kind === 'damage') {
      assert.ok(part.objectKey !== '' && part.reason !== '', `${what}: damage is named`);
      for (let n = 0; n < part.blockCount; n += 1) damaged.add(part.firstBlock + n);
      next = part.firstBlock + part.blockCount;
      continue;
    }
    let offset = 0;
    for (let n = 0; n < part.blockCount; n += 1) {
      const expected = blockOf(volume, next);
      const found = part.bytes.subarray(offset, offset + expected.length);
      assert.equal(part.state, 'data');
      assert.equal(Buffer.compare(found, expected), 0, `${what}: block ${next} is not what it was`);
      offset += expected.length;
      next += 1;
    }
  }
  assert.equal(next, volume.blocks.length, `${what}: the whole volume is accounted for`);
  for (const [index] of volume.blocks.entries()) {
    const reading = point.readBlock(volumeId, index as BlockIndex);
    if (!damaged.has(index)) {
      assert.equal(Buffer.compare(await reading, blockOf(volume, index)), 0);
      continue;
    }
    await assert.rejects(
      reading,
      (error) => isSnapledgerError(error) && error.code.startsWith('OBJECT_'),
      `${what}: the damaged block ${index} is not read`,
    );
  }
  if (damaged.size > 0) {
    const steps = await Array.fromAsync(repository.verify({ depth: 'deep' }));
    assert.ok(
      steps.some((step) => step.kind === 'finding'),
      `${what}: a deep verification finds it`,
    );
  }
  return damaged.size;
}
