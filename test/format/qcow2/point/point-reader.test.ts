import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { volumeId } from '../../../../src/conformance/format-bench.ts';
import type { BlockIndex } from '../../../../src/domain/identifiers.ts';
import type { PointReader } from '../../../../src/format/restore-point.ts';
import { mergeableChain, mergeAndCollect, observeGets } from '../merged-meanwhile.ts';

describe('a reader of a qcow2 point that others use as well, after a merge and a collection', () => {
  /** Knows the images of before; its gets of data end late, and one after another. */
  const readerOfBefore = async (): Promise<PointReader> => {
    const made = await mergeableChain();
    let gets = 0;
    const store = observeGets(made.on.objectStore, async (key) => {
      if (!key.startsWith('packs/')) return;
      gets += 1;
      for (let turn = 0; turn < (gets % 7) * 20; turn += 1) await setImmediate();
    });
    const { repository } = await made.on.reopen(store);
    const reader = await repository.openPoint(made.kept.pointId);
    await reader.readBlock(volumeId, 0 as BlockIndex);
    await mergeAndCollect(made);
    return reader;
  };

  it('gives every block that is asked for at once', async () => {
    const reader = await readerOfBefore();
    const indexes = Array.from({ length: 12 }, (_, index) => index as BlockIndex);
    const read = await Promise.all(
      indexes.map(async (index) => await reader.readBlock(volumeId, index)),
    );
    assert.equal(read.length, 12);
  });

  it('finds no damage where blocks, states and whole volumes are read at once', async () => {
    const reader = await readerOfBefore();
    const [volumes, states] = await Promise.all([
      Promise.all([1, 2, 3].map(() => Array.fromAsync(reader.readVolume(volumeId)))),
      Array.fromAsync(reader.readStates(volumeId, 0 as BlockIndex)),
      Promise.all([0, 1, 2].map((index) => reader.readBlock(volumeId, index as BlockIndex))),
    ]);
    const parts = [...volumes.flat(), ...states];
    assert.deepEqual(
      parts.filter(({ kind }) => kind === 'damage'),
      [],
    );
  });
});
