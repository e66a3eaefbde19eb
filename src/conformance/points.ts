import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { BlockIndex, PointId, VolumeId } from '../domain/identifiers.ts';
import type { PointManifest } from '../format/restore-point.ts';
import type { BlockSelection } from '../format/transfer-plan.ts';
import { assertBlocksAre, assertConsumedIs, assertPointIs } from './assert-point.ts';
import {
  type FormatBench,
  allocated,
  changed,
  everything,
  inPages,
  instanceId,
} from './format-bench.ts';
import type { ModelBlock, ModelVolume } from './model-volume.ts';
import { modelVolume, text } from './model-volume.ts';
import type { TestRunner } from './test-runner.ts';

/** Points are what the volume was. */
export function pointsConformance(
  { describe, it, before }: TestRunner,
  bench: () => Promise<FormatBench>,
): void {
  describe('a point', () => {
    let on: FormatBench;
    before(async () => {
      on = await bench();
    });

    it('is the volume as it was: absent, zero and data, and a short last block', async () => {
      const blocks: ModelBlock[] = [...text(0, 70), 'absent', 'zero', ...text(3, 4), 'text-9'];
      const volume = modelVolume(blocks, 1000);

      const { pointId } = await on.backUp(volume, allocated(volume));

      await assertPointIs(on.repository, pointId, volume);
      await assertConsumedIs(on.repository, pointId, volume);
      await assertBlocksAre(on.repository, pointId, volume, [0, 69, 70, 71, 72, 73]);
      const again = await on.reopen();
      await assertPointIs(again.repository, pointId, volume);
    });

    it('of changed blocks alone is whole, and leaves the one before as it was', async () => {
      const before = modelVolume([...text(0, 5), 'absent', 'zero', 'text-7', 'absent', 'zero']);
      // In turn: as before, changed, gone, zero now, a copy of block 0, written, written, as
      // before but named, zero now, and as before.
      const after = modelVolume([
        ...(['text-0', 'text-11', 'absent', 'zero', 'text-0'] as const),
        ...(['text-15', 'text-16', 'text-7', 'zero', 'zero'] as const),
      ]);
      const first = await on.backUp(before, allocated(before));
      const pages = inPages(
        [1, 2, 3, 4, 5, 6, 7, 8].map((index) => {
          const state = index === 2 ? ('absent' as const) : ('present' as const);
          return { index: index as BlockIndex, state };
        }),
      );

      const second = await on.backUp(after, { kind: 'changed', pages }, first);

      await assertPointIs(on.repository, second.pointId, after);
      await assertPointIs(on.repository, first.pointId, before);
      const [counts] = second.volumes;
      assert.ok(counts !== undefined && counts.blocksStored >= 3 && counts.blocksStored <= 4);
    });

    it('in which nothing changed stores nothing, and is whole', async () => {
      const volume = modelVolume(text(0, 66));
      const first = await on.backUp(volume, allocated(volume));

      const second = await on.backUp(volume, changed(volume, volume), first);

      await assertPointIs(on.repository, second.pointId, volume);
      const { blocksStored, bytesStored } = second.volumes[0] ?? {};
      assert.deepEqual({ blocksStored, bytesStored }, { blocksStored: 0, bytesStored: 0 });
    });

    it('of which everything is read again stores only what changed', async () => {
      const before = modelVolume([...text(0, 66), 'absent', 'zero', 'text-1']);
      const after = modelVolume([...text(0, 65), 'text-99', 'zero', 'zero', 'text-1']);
      const first = await on.backUp(before, allocated(before));

      const second = await on.backUp(after, everything, first);

      // A block that was never written reads as zeros, and so it is from now on.
      await assertPointIs(on.repository, second.pointId, after);
      assert.equal(second.volumes[0]?.blocksStored, 1);
    });

    it('of a volume that has grown is planned anew against the smaller one', async () => {
      const before = modelVolume(text(0, 5), 100);
      const after = modelVolume([...text(0, 5), 'absent', 'text-6']);
      const first = await on.backUp(before, allocated(before));

      await assert.rejects(on.backUp(after, changed(before, after), first), {
        code: 'INVALID_ARGUMENT',
        message: /resized|had/,
      });
      const second = await on.backUp(after, allocated(after), first);

      await assertPointIs(on.repository, second.pointId, after);
    });

    it('of any history is what the volume was at that time', async () => {
      const block = fc.oneof(
        fc.constantFrom<ModelBlock>('absent', 'zero'),
        fc.nat({ max: 5 }).map((n): ModelBlock => `text-${n}`),
      );
      const size = 130;
      const change = fc.array(fc.tuple(fc.nat({ max: size - 1 }), block), { maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 2, maxLength: 4 }), async (history) => {
          let volume = modelVolume(new Array<ModelBlock>(size).fill('absent'), 7);
          let parent: PointManifest | null = null;
          const points: { readonly pointId: PointId; readonly volume: ModelVolume }[] = [];
          for (const changes of history) {
            const blocks = [...volume.blocks];
            for (const [index, to] of changes) blocks[index] = to;
            const next: ModelVolume = { ...volume, blocks };
            const selection: BlockSelection = parent ? changed(volume, next) : allocated(next);
            parent = await on.backUp(next, selection, parent);
            volume = next;
            points.push({ pointId: parent.pointId, volume });
          }
          for (const point of points) {
            await assertPointIs(on.repository, point.pointId, point.volume);
          }
        }),
        { numRuns: 4 },
      );
    });

    it('is found by its id, listed oldest first, and kept apart by instance', async () => {
      const on = await bench();
      const volume = modelVolume(text(0, 2));
      const first = await on.backUp(volume, allocated(volume));
      const second = await on.backUp(volume, allocated(volume));
      const listed = async (...instance: [typeof instanceId] | []): Promise<PointId[]> => {
        const points = await Array.fromAsync(on.repository.listPoints(...instance));
        return points.map((point) => point.pointId);
      };

      assert.deepEqual(await listed(), [first.pointId, second.pointId]);
      assert.deepEqual(await listed(instanceId), [first.pointId, second.pointId]);
      assert.deepEqual(await listed('i-other' as typeof instanceId), []);
      const { manifest } = await on.repository.openPoint(second.pointId);
      assert.deepEqual(manifest, second);
      assert.deepEqual(manifest.configuration['tags'], { Name: 'büro' });
      await assert.rejects(on.repository.openPoint(on.newSession()), { code: 'UNKNOWN_POINT' });
      const point = await on.repository.openPoint(first.pointId);
      const missing = 'vol-9' as VolumeId;
      await assert.rejects(Array.fromAsync(point.readVolume(missing)), {
        code: 'UNKNOWN_VOLUME',
      });
      await assert.rejects(point.readBlock(missing, 0 as BlockIndex), { code: 'UNKNOWN_VOLUME' });
    });
  });
}
