import assert from 'node:assert/strict';
import type { BlockIndex, PointId } from '../../../src/domain/identifiers.ts';
import type { Repository } from '../../../src/format/repository.ts';
import type { BlockState } from '../../../src/format/restore-point.ts';
import type { ModelBlock, ModelVolume } from './model-volume.ts';
import { blockOf } from './model-volume.ts';
import { volumeId } from './format-bench.ts';

/** Reads the whole volume of a point and holds every block of it to the model. */
export async function assertPointIs(
  repository: Repository,
  pointId: PointId,
  volume: ModelVolume,
): Promise<void> {
  const point = await repository.openPoint(pointId);
  let next = 0;
  for await (const part of point.readVolume(volumeId)) {
    if (part.kind === 'damage') assert.fail(`${part.objectKey} is damaged: ${part.reason}`);
    assert.equal(part.first, next, 'blocks ascend without a gap');
    let offset = 0;
    for (let n = 0; n < part.blockCount; n += 1) {
      const expected = blockOf(volume, next);
      assert.equal(part.state, stateOf(volume.blocks[next]), `state of block ${next}`);
      if (part.state === 'data') {
        const found = part.bytes.subarray(offset, offset + expected.length);
        assert.equal(Buffer.compare(found, expected), 0, `content of block ${next}`);
        offset += expected.length;
      }
      next += 1;
    }
    assert.equal(part.bytes.length, offset);
  }
  assert.equal(next, volume.blocks.length, 'the whole volume came');
}

/** Reads single blocks and holds them to the model. */
export async function assertBlocksAre(
  repository: Repository,
  pointId: PointId,
  volume: ModelVolume,
  indexes: readonly number[],
): Promise<void> {
  const point = await repository.openPoint(pointId);
  for (const index of indexes) {
    const found = await point.readBlock(volumeId, index as BlockIndex);
    assert.equal(Buffer.compare(found, blockOf(volume, index)), 0, `content of block ${index}`);
  }
}

function stateOf(block: ModelBlock | undefined): BlockState {
  return block === 'absent' || block === 'zero' || block === undefined
    ? (block ?? 'absent')
    : 'data';
}
