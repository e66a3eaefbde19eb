import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { assertPointIs } from '../../../src/conformance/assert-point.ts';
import {
  allocated,
  changed,
  everything,
  FormatBench,
  instanceId,
} from '../../../src/conformance/format-bench.ts';
import {
  type ModelBlock,
  modelVolume,
  type ModelVolume,
  text,
} from '../../../src/conformance/model-volume.ts';
import { observeCreates } from '../../../src/conformance/observed-store.ts';
import type { PointId, SessionId } from '../../../src/domain/identifiers.ts';
import type {
  MergedPointStep,
  MergeOptions,
  PointMerger,
} from '../../../src/format/point-merger.ts';
import type { Repository } from '../../../src/format/repository.ts';
import type { PointManifest } from '../../../src/format/restore-point.ts';
import { createQcow2Format } from '../../../src/format/qcow2/qcow2-format.ts';
import { cheapHardness } from '../../support/format/cheap-strata.ts';

const lots = 1024 ** 4;

function mergerOf({ merger }: Repository): PointMerger {
  assert.ok(merger !== null);
  return merger;
}

interface Made {
  readonly pointId: PointId;
  readonly volume: ModelVolume;
}

for (const protection of ['sealed', 'plain'] as const) {
  describe(`merging ${protection} images`, () => {
    const format = createQcow2Format(protection, cheapHardness);
    let on: FormatBench;
    beforeEach(async () => {
      on = await FormatBench.create(format);
    });

    const merge = async (
      unwanted: readonly PointId[],
      options: Partial<MergeOptions> = {},
      from: FormatBench = on,
    ): Promise<readonly MergedPointStep[]> =>
      await Array.fromAsync(
        mergerOf(from.repository).merge(instanceId, on.newSession(), {
          unwanted: new Set(unwanted),
          maxBytes: lots,
          ...options,
        }),
      );

    const assertAre = async (points: readonly Made[], from = on): Promise<void> => {
      const { repository } = await from.reopen();
      for (const { pointId, volume } of points) await assertPointIs(repository, pointId, volume);
      const steps = await Array.fromAsync(repository.verify({ depth: 'deep' }));
      assert.deepEqual(
        steps.filter(({ kind }) => kind === 'finding'),
        [],
      );
    };

    /** Removes points, and all that nobody needs then. */
    const removeAll = async (points: readonly PointId[]): Promise<void> => {
      for (const pointId of points.toReversed()) {
        await on.repository.removePoint(pointId, instanceId);
      }
      assert.ok(on.repository.collector !== null);
      await Array.fromAsync(on.repository.collector.run());
    };

    const chainOf = async (...volumes: readonly ModelVolume[]): Promise<readonly Made[]> => {
      const made: Made[] = [];
      let parent: PointManifest | null = null;
      for (const volume of volumes) {
        const before = made.at(-1)?.volume;
        const selection =
          before?.sizeBytes === volume.sizeBytes ? changed(before, volume) : allocated(volume);
        parent = await on.backUp(volume, selection, parent);
        made.push({ pointId: parent.pointId, volume });
      }
      return made;
    };

    it('shows nothing through a point that was merged which it was too short to show', async () => {
      const large = modelVolume(text(0, 8));
      const small = modelVolume(text(0, 3), 1000);
      const again = modelVolume([...text(0, 4), 'absent', 'absent', 'zero', 'absent']);
      const made = await chainOf(large, small, again);
      const [a, b, c] = made;
      assert.ok(a !== undefined && b !== undefined && c !== undefined);
      const [step] = await merge([b.pointId]);
      assert.deepEqual(step?.parents, [a.pointId]);
      await removeAll([b.pointId]);
      await assertAre([a, c]);
    });

    it('copies no part of which most is needed, and leaves behind what nobody needs', async () => {
      const noise = (first: number, end: number): readonly ModelBlock[] =>
        Array.from({ length: end - first }, (_, n): ModelBlock => `noise-${first + n}`);
      const base = modelVolume(noise(0, 80));
      const little = modelVolume(['noise-90', ...noise(1, 80)]);
      const other = modelVolume([...noise(200, 260), ...noise(60, 80)]);
      const [a, b, c] = await chainOf(base, little, other);
      assert.ok(a !== undefined && b !== undefined && c !== undefined);

      const [first] = await merge([a.pointId]);
      assert.ok((first?.bytesWritten ?? 0) < 4 * 1024 * 1024, 'the base is not copied');
      await removeAll([a.pointId]);
      await assertAre([b, c]);
      await merge([b.pointId]);
      await removeAll([b.pointId]);
      await assertAre([c]);
      const stored = await Array.fromAsync(on.objectStore.list('packs/'));
      const bytes = stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      assert.ok(bytes < 80 * 525_000, `what nobody needs is gone: ${bytes} bytes are left`);
    });

    it('is not done by a session that was discarded while it slept', async () => {
      const made = await chainOf(modelVolume(text(0, 3)), modelVolume(text(1, 4)));
      const [a, b] = made;
      assert.ok(a !== undefined && b !== undefined);
      const sessionId: SessionId = on.newSession();
      let discarded = false;
      const store = observeCreates(on.objectStore, async ({ key }) => {
        if (!key.startsWith('merges/') || discarded) return;
        discarded = true;
        await on.repository.discardWriter(sessionId, instanceId);
        assert.ok(on.repository.collector !== null);
        await Array.fromAsync(on.repository.collector.run());
      });
      const sleeper = await on.reopen(store);
      const options = { unwanted: new Set([a.pointId]), maxBytes: lots };
      await assert.rejects(
        Array.fromAsync(mergerOf(sleeper.repository).merge(instanceId, sessionId, options)),
        { code: 'RELOCATION_OVERTAKEN' },
      );
      await assertAre(made);
    });

    it('is read on by who began before it, also when the base is removed meanwhile', async () => {
      const blocks = Array.from({ length: 60 }, (_, n): ModelBlock => `noise-${n}`);
      const [a, b] = await chainOf(
        modelVolume(blocks),
        modelVolume(['text-1', ...blocks.slice(1)]),
      );
      assert.ok(a !== undefined && b !== undefined);
      const reader = await on.repository.openPoint(b.pointId);
      const [volume] = reader.manifest.volumes;
      assert.ok(volume !== undefined);
      let next = 0;
      for await (const part of reader.readVolume(volume.volumeId)) {
        assert.equal(part.kind, 'blocks', part.kind === 'damage' ? part.reason : '');
        if (next === 0) {
          await merge([a.pointId]);
          await removeAll([a.pointId]);
        }
        next += part.blockCount;
      }
      assert.equal(next, 60);
    });

    it('of any history, with any points unwanted, leaves the others what they were', async () => {
      const block = fc.oneof(
        fc.constantFrom<ModelBlock>('absent', 'zero'),
        fc.nat({ max: 3 }).map((n): ModelBlock => `text-${n}`),
      );
      const volume = fc
        .tuple(fc.array(block, { minLength: 1, maxLength: 7 }), fc.constantFrom(0, 512, 200_000))
        .map(([blocks, missing]) => modelVolume(blocks, missing));
      const point = fc.record({ volume, parent: fc.nat({ max: 5 }), isUnwanted: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(point, { minLength: 2, maxLength: 6 }), async (history) => {
          on = await FormatBench.create(format);
          const made: (Made & { readonly manifest: PointManifest })[] = [];
          for (const { volume: wanted, parent } of history) {
            const before = made[Math.min(parent, made.length - 1)];
            const manifest = await on.backUp(wanted, allocated(wanted), before?.manifest ?? null);
            made.push({ pointId: manifest.pointId, volume: wanted, manifest });
          }
          const unwanted = made
            .filter((_, n) => history[n]?.isUnwanted)
            .map(({ pointId }) => pointId);
          await merge(unwanted);
          await assertAre(made);
          await removeAll(unwanted);
          await assertAre(made.filter(({ pointId }) => !unwanted.includes(pointId)));
          const kept = made.find(({ pointId }) => !unwanted.includes(pointId));
          if (kept === undefined) return;
          const again = await on.backUp(kept.volume, everything, kept.manifest);
          assert.equal(again.volumes[0]?.blocksStored, 0);
        }),
        { numRuns: 30 },
      );
    });
  });
}
