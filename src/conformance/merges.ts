import assert from 'node:assert/strict';
import type { PointId } from '../domain/identifiers.ts';
import type { MergedPointStep, MergeOptions, PointMerger } from '../format/point-merger.ts';
import type { PointManifest } from '../format/restore-point.ts';
import { assertPointIs } from './assert-point.ts';
import { allocated, changed, type FormatBench, instanceId } from './format-bench.ts';
import { type ModelVolume, modelVolume, text } from './model-volume.ts';
import { mortalStore } from './mortal-store.ts';
import type { TestRunner } from './test-runner.ts';

/** A point, and what its volume was. */
interface Made {
  readonly pointId: PointId;
  readonly volume: ModelVolume;
}

/** More than anything here takes. */
const plentyBytes = 1024 ** 4;
/** More objects than any format makes for what is done here. */
const createsMax = 200;

/** A point that takes over what it needs of others lets them go. Of formats that merge. */
export function mergesConformance(
  { describe, it }: TestRunner,
  bench: () => Promise<FormatBench>,
): void {
  const volumes = [
    modelVolume([...text(0, 5), 'zero', 'noise-1', 'absent']),
    modelVolume([...text(1, 6), 'absent', 'noise-1', 'zero']),
    modelVolume([...text(1, 5), 'zero', 'absent', 'noise-1', 'zero']),
    modelVolume([...text(1, 4), 'text-9', 'zero', 'absent', 'noise-1', 'zero'], 1000),
  ];

  const makePoints = async (on: FormatBench): Promise<readonly Made[]> => {
    const made: Made[] = [];
    let parent: PointManifest | null = null;
    for (const volume of volumes) {
      const before = made.at(-1)?.volume;
      const isResized = before?.sizeBytes !== volume.sizeBytes;
      const selection = isResized ? allocated(volume) : changed(before, volume);
      parent = await on.backUp(volume, selection, parent);
      made.push({ pointId: parent.pointId, volume });
    }
    return made;
  };

  const merge = async (
    on: FormatBench,
    unwanted: readonly PointId[],
    options: Partial<MergeOptions> = {},
  ): Promise<readonly MergedPointStep[]> => {
    const all = { unwanted: new Set(unwanted), maxBytes: plentyBytes, ...options };
    return await Array.fromAsync(mergerOf(on).merge(instanceId, on.newSession(), all));
  };

  const assertAre = async (on: FormatBench, points: readonly Made[]): Promise<void> => {
    const { repository } = await on.reopen();
    for (const { pointId, volume } of points) await assertPointIs(repository, pointId, volume);
    const steps = await Array.fromAsync(repository.verify({ depth: 'deep' }));
    const findings = steps.filter(({ kind }) => kind === 'finding');
    assert.deepEqual(findings, []);
  };

  /** Removes points, youngest first, and all that nobody needs then. */
  const removeAll = async (on: FormatBench, points: readonly PointId[]): Promise<void> => {
    for (const pointId of points.toReversed()) {
      await on.repository.removePoint(pointId, instanceId);
    }
    if (on.repository.collector !== null) await Array.fromAsync(on.repository.collector.run());
  };

  const idsOf = (made: readonly Made[], ...numbers: readonly number[]): readonly PointId[] =>
    numbers.flatMap((number) => made[number]?.pointId ?? []);

  describe('merging, where the format does', () => {
    const mergingBench = async (): Promise<FormatBench | null> => {
      const on = await bench();
      if (on.repository.merger === null) return null;
      assert.equal(on.format.traits.pointDependency, 'needs-parent', 'otherwise nothing is needed');
      return on;
    };

    it('gives a point what it needs of those before it, which can go then', async () => {
      const on = await mergingBench();
      if (on === null) return;
      const made = await makePoints(on);
      const unwanted = idsOf(made, 0, 1);
      const [kept] = idsOf(made, 2);
      const plan = await mergerOf(on).planMerge(instanceId, {
        unwanted: new Set(unwanted),
        maxBytes: plentyBytes,
      });
      const planned = plan.merges.map(({ pointId, absorbed }) => ({ pointId, absorbed }));
      assert.deepEqual(planned, [{ pointId: kept, absorbed: unwanted.toReversed() }]);

      const [step] = await merge(on, unwanted);

      assert.deepEqual([step?.pointId, step?.parents], [kept, []]);
      const parents = await mergerOf(on).parentsOf(instanceId);
      assert.deepEqual(
        idsOf(made, 2, 3).map((pointId) => parents.get(pointId)),
        [[], [kept]],
      );
      await assertAre(on, made);
      await removeAll(on, unwanted);
      await assertAre(on, made.slice(2));
    });

    it('changes nothing when it is repeated, or nothing is unwanted', async () => {
      const on = await mergingBench();
      if (on === null) return;
      const made = await makePoints(on);
      assert.deepEqual(await merge(on, []), []);
      assert.equal((await merge(on, idsOf(made, 0))).length, 1);
      assert.deepEqual(await merge(on, idsOf(made, 0)), []);
      await assertAre(on, made);
    });

    it('keeps to its budget, but for one point, and does the others the next time', async () => {
      const on = await mergingBench();
      if (on === null) return;
      const made = await makePoints(on);
      const unwanted = idsOf(made, 0, 2);
      const options = { unwanted: new Set(unwanted), maxBytes: 1 };
      const { merges, left } = await mergerOf(on).planMerge(instanceId, options);
      assert.deepEqual([merges.length, left], [1, 1]);
      for (const pointId of idsOf(made, 1, 3)) {
        const steps = await merge(on, unwanted, { maxBytes: 1 });
        assert.deepEqual(
          steps.map((step) => step.pointId),
          [pointId],
        );
      }
      await assertAre(on, made);
    });

    it('leaves each point whole, whenever its process dies, and others go on', async () => {
      const start = await mergingBench();
      if (start === null) return;
      const made = await makePoints(start);
      const unwanted = idsOf(made, 0, 2);
      for (const effect of ['lost', 'made'] as const) {
        for (let create = 1, hasDied = true; hasDied; create += 1) {
          assert.ok(create <= createsMax, 'a merge takes a limited number of writes');
          const on = await start.copy();
          const mortal = mortalStore(on.objectStore, { create, effect });
          const sessionId = on.newSession();
          const dying = mergerOf(await on.reopen(mortal.objectStore));
          const options = { unwanted: new Set(unwanted), maxBytes: plentyBytes };
          const merging = dying.merge(instanceId, sessionId, options);
          await Array.fromAsync(merging).catch(() => null);
          hasDied = mortal.hasDied();

          for (let times = 0; times < 2; times += 1) {
            assert.equal(await on.repository.discardWriter(sessionId, instanceId), null);
          }
          await removeAll(on, []);
          await assertAre(on, made);
          await merge(on, unwanted);
          await removeAll(on, unwanted);
          await assertAre(
            on,
            made.filter(({ pointId }) => !unwanted.includes(pointId)),
          );
        }
      }
    });
  });
}

function mergerOf({ repository }: FormatBench): PointMerger {
  const { merger } = repository;
  assert.ok(merger !== null, 'the format merges');
  return merger;
}
