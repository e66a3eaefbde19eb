import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { plainFormat } from '../../../demo/plain-format/plain-format.ts';
import {
  allocated,
  everything,
  FormatBench,
  volumeId,
} from '../../../src/conformance/format-bench.ts';
import { blockOf, type ModelBlock, modelVolume } from '../../../src/conformance/model-volume.ts';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { BlockIndex, VolumeId } from '../../../src/domain/identifiers.ts';
import { openPointImages } from '../../../src/engine/point/open-point-images.ts';
import type { PointImage } from '../../../src/engine/point/point-image.ts';
import type { Repository } from '../../../src/format/repository.ts';
import type {
  BlockRun,
  DamagedBlocks,
  PointManifest,
  PointReader,
} from '../../../src/format/restore-point.ts';
import type { StorageFormat } from '../../../src/format/storage-format.ts';
import type { ImagePiece } from '../../../src/ports/image-source.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { cheapStrata } from '../../support/format/cheap-strata.ts';
import { createCountingObjectStore } from '../../support/object-store/counting-object-store.ts';

const blocks: readonly ModelBlock[] = [
  ...(['noise-0', 'noise-1', 'absent', 'absent', 'zero', 'noise-5', 'zero'] as const),
  ...(['absent', 'noise-8', 'noise-9'] as const),
];
const volume = modelVolume(blocks, 1000);
const whole = Buffer.concat(blocks.map((_, index) => blockOf(volume, index)));

const formats: readonly StorageFormat[] = [cheapStrata, plainFormat];
for (const format of formats) {
  describe(`a volume of a point of ${format.name}, read at any place`, () => {
    let on: FormatBench;
    let point: PointManifest;
    let image: PointImage;
    before(async () => {
      on = await FormatBench.create(format);
      point = await on.backUp(volume, allocated(volume));
      image = await imageOn(on);
    });
    const imageOn = async ({ repository }: FormatBench): Promise<PointImage> => {
      const [only] = await openPointImages(repository, point.pointId, undefined);
      assert.ok(only !== undefined);
      return only;
    };
    const range = fc
      .tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 3 * blockSizeBytes }))
      .map(([offset, length]) => [offset, Math.min(length, whole.length - offset)] as const);

    it('gives what is there, in pieces that follow each other', async () => {
      await fc.assert(
        fc.asyncProperty(range, async ([offset, lengthBytes]) => {
          let next = offset;
          for await (const piece of image.read(offset, lengthBytes)) {
            assert.equal(piece.offset, next);
            const expected = whole.subarray(next, next + piece.lengthBytes);
            if (piece.state === 'data') assert.ok(expected.equals(piece.bytes));
            else assert.ok(expected.every((byte) => byte === 0));
            next += piece.lengthBytes;
          }
          assert.equal(next, offset + lengthBytes);
        }),
        { numRuns: 40 },
      );
    });

    it('tells what was never written from zeros, without reading data', async () => {
      const sizes = (await Array.fromAsync(image.extents(0, whole.length))).map(
        ({ state, offset, lengthBytes }) => [state, offset / blockSizeBytes, lengthBytes],
      );
      const b = blockSizeBytes;
      assert.deepEqual(sizes, [
        ['data', 0, 2 * b],
        ['hole', 2, 2 * b],
        ['zero', 4, b],
        ['data', 5, b],
        ['zero', 6, b],
        ['hole', 7, b],
        ['data', 8, 2 * b - 1000],
      ]);
      const [part] = await Array.fromAsync(image.extents(3 * b + 7, 10));
      assert.deepEqual(part, { state: 'hole', offset: 3 * b + 7, lengthBytes: 10 });
    });

    it('refuses what is beyond its end', async () => {
      for (const [offset, lengthBytes] of [
        [whole.length, 1],
        [-1, 5],
        [0, whole.length + 1],
      ] as const) {
        await assert.rejects(Array.fromAsync(image.read(offset, lengthBytes)), {
          code: 'INVALID_ARGUMENT',
        });
      }
    });

    it('gets a block once for many reads near each other', async () => {
      const counting = createCountingObjectStore(on.objectStore);
      const fresh = await imageOn(await on.reopen(counting));
      await Array.fromAsync(fresh.read(0, 10));
      const gets = counting.countOf('get', /^packs/);
      for (let offset = 0; offset < blockSizeBytes; offset += 64 * 1024) {
        await Array.fromAsync(fresh.read(offset, 64 * 1024));
      }
      assert.equal(counting.countOf('get', /^packs/), gets);
    });

    it('fails where data is damaged, nowhere else, and again each time', async () => {
      const copy = await on.copy();
      // The packs with blocks, which alone are so large: what is in the map can still be read.
      for await (const { key } of copy.objectStore.list('packs/')) {
        const bytes = await copy.objectStore.get(key);
        if (bytes.length < blockSizeBytes) continue;
        const at = bytes.indexOf(0x77, Math.floor(bytes.length / 3));
        bytes[at] = 0x78;
        await copy.objectStore.delete(key);
        await copy.objectStore.create(key, bytes);
      }
      const hurt = await imageOn(await copy.reopen());
      const outcomes: string[] = [];
      for (const [index] of blocks.entries()) {
        const { offset, lengthBytes } = placeOf(index);
        for (const time of ['first', 'second']) {
          const pieces = await Array.fromAsync(hurt.read(offset, lengthBytes)).catch(
            (error: unknown) => error,
          );
          if (Array.isArray(pieces)) {
            const state = blocks[index]?.startsWith('noise') === true ? 'data' : 'no data';
            outcomes.push(state);
            const bytes = Buffer.concat(pieces.map((piece: { bytes: Uint8Array }) => piece.bytes));
            if (state === 'data') assert.ok(bytes.equals(blockOf(volume, index)));
          } else {
            assert.match(
              String((pieces as { code?: string }).code),
              /^OBJECT_/,
              `the ${time} time`,
            );
            outcomes.push('damaged');
          }
        }
      }
      for (const outcome of ['damaged', 'data', 'no data']) assert.ok(outcomes.includes(outcome));
    });

    it('is one of the volumes that the point has', async () => {
      await assert.rejects(openPointImages(on.repository, point.pointId, ['vol-9' as VolumeId]), {
        code: 'UNKNOWN_VOLUME',
      });
      const [named] = await openPointImages(on.repository, point.pointId, [volumeId]);
      assert.equal(named?.sizeBytes, whole.length);
    });
  });
}

describe('a volume of a point in which something is damaged', () => {
  const first = { kind: 'blocks', first: 0 as BlockIndex, state: 'data', blockCount: 2 } as const;
  const sound = modelVolume(['noise-0', 'noise-1', 'noise-2']);
  const imageOf = async (
    states: readonly (BlockRun | DamagedBlocks)[],
    readBlock: PointReader['readBlock'],
  ): Promise<PointImage> => {
    const on = await FormatBench.create(plainFormat);
    const { pointId } = await on.backUp(sound, everything);
    const repository: Pick<Repository, 'openPoint'> = {
      openPoint: async (wanted) => ({
        ...(await on.repository.openPoint(wanted)),
        async *readStates() {
          await Promise.resolve();
          yield* states;
        },
        readBlock,
      }),
    };
    const opened = { ...on.repository, ...repository };
    const [image] = await openPointImages(opened, pointId, undefined);
    assert.ok(image !== undefined);
    return image;
  };
  const corrupt = new SnapledgerError('OBJECT_CORRUPT', 'it is damaged');

  it('fails in the turn of the block, also when that was read ahead and failed first', async () => {
    const image = await imageOf([first], async (_, index) => {
      if (index === 1) throw corrupt;
      // Beyond the turn of the event loop in which a rejection that nobody handles ends a process.
      await sleep(20);
      return blockOf(sound, index);
    });
    const pieces = image.read(0, 2 * blockSizeBytes)[Symbol.asyncIterator]();

    const { value } = (await pieces.next()) as { value: ImagePiece };
    assert.ok(blockOf(sound, 0).every((byte, at) => byte === value.bytes[at]));
    await assert.rejects(pieces.next(), corrupt);
  });

  it('is left in peace by a block that fails when nobody reads on', async () => {
    let failed = false;
    const image = await imageOf([first], async (_, index) => {
      if (index === 0) return blockOf(sound, index);
      await sleep(20);
      failed = true;
      throw corrupt;
    });
    for await (const piece of image.read(0, 2 * blockSizeBytes)) {
      assert.equal(piece.offset, 0);
      break;
    }
    await sleep(40);
    assert.ok(failed);
  });

  it('is given up to where its map is damaged', async () => {
    const objectKey = 'maps/1' as ObjectKey;
    const damage: DamagedBlocks = {
      kind: 'damage',
      firstBlock: 2 as BlockIndex,
      blockCount: 1,
      objectKey,
      range: null,
      reason: 'it is gone',
    };
    const image = await imageOf([first, damage], (_, index) =>
      Promise.resolve(blockOf(sound, index)),
    );
    const told: number[] = [];
    const extents = async (): Promise<void> => {
      for await (const extent of image.extents(0, image.sizeBytes)) told.push(extent.lengthBytes);
    };
    await assert.rejects(extents(), { code: 'OBJECT_CORRUPT', details: { objectKey } });
    assert.deepEqual(told, [2 * blockSizeBytes]);

    const given: number[] = [];
    const read = async (): Promise<void> => {
      for await (const piece of image.read(0, image.sizeBytes)) given.push(piece.offset);
    };
    await assert.rejects(read(), { code: 'OBJECT_CORRUPT' });
    assert.deepEqual(given, [0, blockSizeBytes]);
  });
});

function placeOf(index: number): { readonly offset: number; readonly lengthBytes: number } {
  return { offset: index * blockSizeBytes, lengthBytes: blockOf(volume, index).length };
}
