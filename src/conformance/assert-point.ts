import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlockIndex, PointId } from '../domain/identifiers.ts';
import type { Repository } from '../format/repository.ts';
import type { BlockState, PointReader, RestoredBlocks } from '../format/restore-point.ts';
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
  for (const first of [0, 1, volume.blocks.length - 1])
    await assertStatesFrom(point, first, volume);
}

/** Asks for what the blocks are without their content. */
async function assertStatesFrom(
  point: PointReader,
  first: number,
  { blocks }: ModelVolume,
): Promise<void> {
  let next = first;
  for await (const part of point.readStates(volumeId, first as BlockIndex)) {
    if (part.kind === 'damage') assert.fail(`${part.objectKey} is damaged: ${part.reason}`);
    assert.equal(part.first, next, 'states come from where they are asked for, without a gap');
    for (let n = 0; n < part.blockCount; n += 1) {
      assert.equal(
        part.state,
        stateOf(blocks[next]),
        `state of block ${next}, without its content`,
      );
      next += 1;
    }
  }
  assert.equal(next, blocks.length, 'states come to the end of the volume');
}

/** Lets a consumer take the data, several runs at a time, and holds what it got to the model. */
export async function assertConsumedIs(
  repository: Repository,
  pointId: PointId,
  volume: ModelVolume,
): Promise<void> {
  const point = await repository.openPoint(pointId);
  const consumed = new Map<number, Buffer>();
  const consume = async ({ first, state, blockCount, bytes }: RestoredBlocks): Promise<void> => {
    assert.equal(state, 'data', 'only data is to be consumed');
    // The bytes are the consumer's until it has ended, however long that takes.
    await sleep(first % 7);
    let offset = 0;
    for (let index: number = first; index < first + blockCount; index += 1) {
      const lengthBytes = blockOf(volume, index).length;
      assert.ok(!consumed.has(index), `block ${index} comes once`);
      consumed.set(index, Buffer.from(bytes.subarray(offset, offset + lengthBytes)));
      offset += lengthBytes;
    }
  };
  for await (const part of point.readVolume(volumeId, { consume })) {
    if (part.kind === 'damage') assert.fail(`${part.objectKey} is damaged: ${part.reason}`);
    if (part.state !== 'data') continue;
    for (let index: number = part.first; index < part.first + part.blockCount; index += 1) {
      assert.ok(consumed.has(index), `block ${index} is consumed before it comes in its turn`);
    }
  }
  for (const [index, block] of volume.blocks.entries()) {
    const found = consumed.get(index);
    if (stateOf(block) === 'data') {
      assert.ok(found !== undefined, `block ${index} is consumed`);
      assert.equal(Buffer.compare(found, blockOf(volume, index)), 0, `content of block ${index}`);
    } else {
      assert.equal(found, undefined, `nothing is in block ${index}`);
    }
  }
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
