import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { assertPointIs } from '../../../../src/conformance/assert-point.ts';
import {
  allocated,
  changed,
  everything,
  FormatBench,
  instanceId,
} from '../../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import type { BlocksElsewhere } from '../../../../src/format/repairer.ts';
import type { PointManifest } from '../../../../src/format/restore-point.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import { copyOfStore } from '../copy-of-store.ts';
import { reopenStrata } from '../reopen-strata.ts';
import {
  collect,
  damage,
  findings,
  nowhere,
  packOf,
  recordOffsets,
  repairAll,
  repairerOf,
  snapshotOf,
  suspectsOf,
  unreadable,
} from './repair-bench.ts';

const first = modelVolume([...text(0, 68), 'absent', 'zero']);
const second = modelVolume([...text(0, 5), 'text-100', ...text(6, 68), 'absent', 'zero']);
const third = modelVolume([
  ...text(0, 5),
  'text-100',
  'text-101',
  ...text(7, 68),
  'absent',
  'zero',
]);

/** Three points of one volume, each of which has changed one block of the one before. */
describe('repairing', () => {
  let on: FormatBench;
  let points: readonly [PointManifest, PointManifest, PointManifest];
  before(async () => {
    on = await FormatBench.create(cheapStrata);
    const one = await on.backUp(first, allocated(first));
    const two = await on.backUp(second, changed(first, second), one);
    const three = await on.backUp(third, changed(second, third), two);
    points = [one, two, three];
  });

  const copy = async (): Promise<FormatBench> =>
    await reopenStrata(on, await copyOfStore(on.objectStore));

  const assertSound = async (bench: FormatBench): Promise<void> => {
    const fresh = await reopenStrata(on, bench.objectStore);
    assert.deepEqual(await findings(fresh), []);
    await assertPointIs(fresh.repository, points[0].pointId, first);
    await assertPointIs(fresh.repository, points[1].pointId, second);
    await assertPointIs(fresh.repository, points[2].pointId, third);
  };

  /** The record of block 3, which all points share. */
  const spoilBlock = async ({ objectStore }: FormatBench): Promise<void> => {
    const key = await packOf(on, points[0], 'data');
    const [, , , offset = 0] = await recordOffsets(objectStore, key);
    await damage(objectStore, key, offset + 80);
  };

  it('heals a damaged block from another copy of it in the repository', async () => {
    const bench = await copy();
    await bench.backUp(third, allocated(third));
    await spoilBlock(bench);
    const { pointsHealed, bytesWritten, ...counts } = await repairAll(bench);
    assert.deepEqual(counts, {
      blocksDamaged: 1,
      blocksFromCopies: 1,
      blocksFromElsewhere: 0,
      mapPartsDamaged: 0,
      mapPartsHealed: 0,
      objectsSpoilt: 0,
    });
    assert.equal(pointsHealed, 3, 'all share the block');
    assert.ok(bytesWritten > 0);
    await assertSound(bench);
  });

  it('reads no whole pack for that, as long as maps lead to the copy', async () => {
    const bench = await copy();
    await bench.backUp(third, allocated(third));
    await spoilBlock(bench);
    const suspects = await suspectsOf(bench);
    const disk = bench.objectStore;
    const read: string[] = [];
    const other = await reopenStrata(on, {
      retention: null,
      create: (key, body) => disk.create(key, body),
      head: (key) => disk.head(key),
      delete: (key) => disk.delete(key),
      list: (prefix, options) => disk.list(prefix, options),
      get: (key, range) => {
        if (key.startsWith('packs/') && range === undefined) read.push(key);
        return disk.get(key, range);
      },
    });
    const options = { suspects, elsewhere: nowhere };
    const outcome = await repairerOf(other).repair(instanceId, other.newSession(), options);
    assert.equal(outcome.blocksFromCopies, 1);
    assert.deepEqual(read, []);
  });

  it('heals it from a pack that no map leads to', async () => {
    const bench = await copy();
    const lost = bench.newSession();
    await bench.transfer(lost, third, allocated(third), null);
    await spoilBlock(bench);
    assert.equal((await repairAll(bench)).blocksFromCopies, 1);
    await assertSound(bench);
  });

  it('heals it from what is read elsewhere, and stores nothing that is not the block', async () => {
    const bench = await copy();
    await spoilBlock(bench);
    const tried: number[] = [];
    const guesses: BlocksElsewhere = async function* (place) {
      tried.push(place.blockIndex);
      yield new Uint8Array(place.lengthBytes);
      yield new Uint8Array(17);
      yield* snapshotOf(modelVolume(text(200, 270)))(place);
      yield* snapshotOf(third)(place);
    };
    const outcome = await repairAll(bench, guesses);
    assert.equal(outcome.blocksFromElsewhere, 1);
    assert.deepEqual(tried, [3], 'nothing else is asked for');
    await assertSound(bench);
  });

  it('leaves what cannot be had where it is, named, and heals everything else', async () => {
    const bench = await copy();
    const key = await packOf(on, points[0], 'data');
    const offsets = await recordOffsets(bench.objectStore, key);
    await damage(bench.objectStore, key, (offsets[3] ?? 0) + 80, (offsets[9] ?? 0) + 80);
    const onlyNine: BlocksElsewhere = async function* (place) {
      if (place.blockIndex === 9) yield* snapshotOf(first)(place);
      else yield new Uint8Array(place.lengthBytes);
    };
    const outcome = await repairAll(bench, onlyNine);
    assert.equal(outcome.blocksDamaged, 2);
    assert.equal(outcome.blocksFromElsewhere, 1);
    assert.deepEqual(await unreadable(bench, points[0], first), [3]);
    const left = await findings(bench);
    assert.deepEqual(
      left.map(({ pointId, firstBlock, objectKey }) => [pointId, firstBlock, objectKey]),
      points.map(({ pointId }) => [pointId, 3, key]),
    );
  });

  it('moves nothing when nothing can be healed, and can be begun again', async () => {
    const bench = await copy();
    await spoilBlock(bench);
    const outcome = await repairAll(bench);
    assert.equal(outcome.pointsHealed, 0);
    assert.equal(outcome.bytesWritten, 0);
    assert.deepEqual(await unreadable(bench, points[2], third), [3]);
    assert.equal((await repairAll(bench, snapshotOf(first))).pointsHealed, 3);
    await assertSound(bench);
  });

  it('shows what it would do, and changes nothing by that', async () => {
    const bench = await copy();
    await spoilBlock(bench);
    const there = await Array.fromAsync(bench.objectStore.list(''));
    const suspects = await suspectsOf(bench);
    const plan = { suspects, elsewhere: snapshotOf(first) };
    const counts = await repairerOf(bench).planRepair(instanceId, plan);
    assert.equal(counts.blocksDamaged, 1);
    assert.equal(counts.blocksFromElsewhere, 1);
    assert.deepEqual(await Array.fromAsync(bench.objectStore.list('')), there);
  });

  it('finds nothing to do a second time', async () => {
    const bench = await copy();
    await spoilBlock(bench);
    const suspects = await suspectsOf(bench);
    const options = { suspects, elsewhere: snapshotOf(first) };
    await repairerOf(bench).repair(instanceId, bench.newSession(), options);
    const again = await repairerOf(bench).planRepair(instanceId, options);
    assert.ok(Object.values(again).every((count) => count === 0));
    const outcome = await repairerOf(bench).repair(instanceId, bench.newSession(), options);
    assert.equal(outcome.pointsHealed, 0);
    await assertSound(bench);
  });

  it('heals a pack that a worker has lost', async () => {
    const bench = await copy();
    await bench.objectStore.delete(await packOf(on, points[0], 'data'));
    const outcome = await repairAll(bench, snapshotOf(first));
    assert.equal(outcome.blocksDamaged, 68);
    assert.equal(outcome.blocksFromElsewhere, 68);
    await assertSound(bench);
  });

  it('heals what is under a key that is lost: maps by the names in their records, blocks from elsewhere', async () => {
    const bench = await copy();
    await bench.objectStore.delete(`keys/${points[2].pointId}` as ObjectKey);
    const before = await unreadable(bench, points[2], third);
    assert.equal(before.length, third.blocks.length, 'the root of its map is under that key');
    const outcome = await repairAll(bench, snapshotOf(third));
    assert.deepEqual([outcome.mapPartsDamaged, outcome.mapPartsHealed], [2, 2]);
    assert.deepEqual([outcome.blocksDamaged, outcome.blocksFromElsewhere], [1, 1]);
    await assertSound(bench);
  });

  it('gives what is in a pack with a wrong header another place', async () => {
    for (const kind of ['data', 'map'] as const) {
      const bench = await copy();
      await damage(bench.objectStore, await packOf(on, points[0], kind), 5);
      assert.equal((await findings(bench)).length > 0, true);
      const outcome = await repairAll(bench);
      assert.equal(outcome.objectsSpoilt, 1, kind);
      assert.equal(outcome.blocksDamaged, 0, kind);
      await assertSound(bench);
    }
  });

  it('lets a collection remove what is damaged, when nothing needs it any more', async () => {
    const bench = await copy();
    const key = await packOf(on, points[0], 'data');
    await bench.objectStore.delete(key);
    await bench.objectStore.create(key, new Uint8Array(1000));
    await repairAll(bench, snapshotOf(first));
    await collect(bench);
    assert.equal(await bench.objectStore.head(key), null);
    await assertSound(bench);
  });

  it('is the ground on which backups go on', async () => {
    const bench = await copy();
    await spoilBlock(bench);
    await repairAll(bench, snapshotOf(first));
    const next = modelVolume(['text-900', ...third.blocks.slice(1)]);
    const made = await bench.backUp(next, changed(third, next), points[2]);
    assert.equal(made.volumes[0]?.blocksStored, 1);
    await assertPointIs(bench.repository, made.pointId, next);
    await assertSound(bench);
  });

  describe('maps', () => {
    /** The record of this number of the pack of map of a point: leaves first, then the root. */
    const spoilNode = async (
      bench: FormatBench,
      point: PointManifest,
      number: number,
    ): Promise<void> => {
      const key = await packOf(on, point, 'map');
      const offsets = await recordOffsets(bench.objectStore, key);
      await damage(bench.objectStore, key, (offsets[number] ?? assert.fail('no such node')) + 90);
    };

    it('a leaf is put together from those of the points before and after', async () => {
      const bench = await copy();
      await spoilNode(bench, points[1], 0);
      assert.equal((await unreadable(bench, points[1], second)).length, 64);
      const outcome = await repairAll(bench);
      assert.deepEqual([outcome.mapPartsDamaged, outcome.mapPartsHealed], [1, 1]);
      await assertSound(bench);
    });

    it('a root is put together from the nodes that its session has stored', async () => {
      for (const point of points) {
        const bench = await copy();
        await spoilNode(bench, point, point === points[0] ? 2 : 1);
        assert.equal((await repairAll(bench)).mapPartsHealed, 1);
        await assertSound(bench);
      }
    });

    it('a leaf and the root above it are put together one after the other', async () => {
      const bench = await copy();
      await spoilNode(bench, points[1], 0);
      await spoilNode(bench, points[1], 1);
      const outcome = await repairAll(bench);
      assert.deepEqual([outcome.mapPartsDamaged, outcome.mapPartsHealed], [2, 2]);
      await assertSound(bench);
    });

    it('a leaf of the only point is put together from what is read elsewhere', async () => {
      for (const selection of [allocated(first), everything]) {
        const bench = await FormatBench.create(cheapStrata);
        const volume =
          selection.kind === 'everything'
            ? modelVolume(first.blocks.map((block) => (block === 'absent' ? 'zero' : block)))
            : first;
        const point = await bench.backUp(volume, selection);
        const key = await packOf(bench, point, 'map');
        const offsets = await recordOffsets(bench.objectStore, key);
        for (const offset of offsets.slice(0, 2)) await damage(bench.objectStore, key, offset + 90);
        assert.equal((await unreadable(bench, point, volume)).length, 70);
        const outcome = await repairAll(bench, snapshotOf(volume));
        assert.deepEqual([outcome.mapPartsDamaged, outcome.mapPartsHealed], [2, 2]);
        assert.deepEqual(await findings(bench), []);
        await assertPointIs(bench.repository, point.pointId, volume);
      }
    });

    it('what is read elsewhere of another moment is no obstacle', async () => {
      const bench = await copy();
      await spoilNode(bench, points[1], 0);
      const other = modelVolume(['zero', 'zero', ...text(300, 305), ...third.blocks.slice(7)]);
      assert.equal((await repairAll(bench, snapshotOf(other))).mapPartsHealed, 1);
      await assertSound(bench);
    });

    it('what is below a healed node is looked at as well', async () => {
      const bench = await copy();
      await spoilNode(bench, points[0], 2);
      await spoilBlock(bench);
      const outcome = await repairAll(bench, snapshotOf(first));
      assert.equal(outcome.mapPartsHealed, 1);
      assert.equal(outcome.blocksFromElsewhere, 1);
      await assertSound(bench);
    });

    it('what nothing tells of any more stays damaged, and everything else is healed', async () => {
      const bench = await FormatBench.create(cheapStrata);
      const point = await bench.backUp(first, allocated(first));
      const key = await packOf(bench, point, 'map');
      const [leaf = 0] = await recordOffsets(bench.objectStore, key);
      await damage(bench.objectStore, key, leaf + 90);
      const outcome = await repairAll(bench);
      assert.deepEqual([outcome.mapPartsDamaged, outcome.mapPartsHealed], [1, 0]);
      assert.equal((await unreadable(bench, point, first)).length, 64);
    });
  });

  it('refuses an instance that has nothing here', async () => {
    const options = { suspects: new Set<string>(), elsewhere: nowhere };
    await assert.rejects(repairerOf(on).planRepair('i-other' as typeof instanceId, options), {
      code: 'INVALID_ARGUMENT',
    });
  });
});
