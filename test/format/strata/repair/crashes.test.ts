import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { assertBlocksAre } from '../../../../src/conformance/assert-point.ts';
import {
  allocated,
  changed,
  FormatBench,
  instanceId,
  passphrase,
} from '../../../../src/conformance/format-bench.ts';
import { blockOf, modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { PointManifest } from '../../../../src/format/restore-point.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import { RecordReader } from '../../../../tools/strata-reader/record-reader.ts';
import { openRepository, readPoints } from '../../../../tools/strata-reader/repository.ts';
import { restoreVolume } from '../../../../tools/strata-reader/restore-volume.ts';
import { verifyRepository } from '../../../../tools/strata-reader/verify-repository.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';
import { readerOf } from '../../../support/golden/golden-readers.ts';
import { dyingStore } from '../../../support/object-store/dying-object-store.ts';
import { createHookedObjectStore } from '../../../support/object-store/hooked-object-store.ts';
import { copyOfStore } from '../copy-of-store.ts';
import { reopenStrata } from '../reopen-strata.ts';
import {
  collect,
  damage,
  endAll,
  findings,
  packOf,
  recordOffsets,
  repairAll,
  repairerOf,
  snapshotOf,
  suspectsOf,
} from './repair-bench.ts';

const first = modelVolume(text(0, 3));
const second = modelVolume([...text(0, 2), 'text-9']);

/** Two points; a block that both share is damaged, and the leaf of the second one. */
describe('a repair', () => {
  let on: FormatBench;
  let points: readonly [PointManifest, PointManifest];
  let suspects: ReadonlySet<string>;
  let spoilt: string;
  before(async () => {
    on = await FormatBench.create(cheapStrata);
    const one = await on.backUp(first, allocated(first));
    const two = await on.backUp(second, changed(first, second), one);
    points = [one, two];
    const data = await packOf(on, one, 'data');
    const [, offset = 0] = await recordOffsets(on.objectStore, data);
    await damage(on.objectStore, data, offset + 80);
    spoilt = data;
    await damage(on.objectStore, await packOf(on, two, 'map'), -1);
    suspects = await suspectsOf(on);
    assert.equal(suspects.size, 2);
  });

  const options = (): Parameters<ReturnType<typeof repairerOf>['repair']>[2] => ({
    suspects,
    elsewhere: snapshotOf(second),
  });
  const repairOn = async (bench: FormatBench): Promise<number> => {
    const session = bench.newSession();
    return (await repairerOf(bench).repair(instanceId, session, options())).pointsHealed;
  };
  const isHealed = async (disk: ObjectStore): Promise<boolean> => {
    const { repository } = await reopenStrata(on, disk);
    // What was never damaged is there at every moment.
    await assertBlocksAre(repository, points[0].pointId, first, [0, 2]);
    try {
      await assertBlocksAre(repository, points[0].pointId, first, [1]);
      await assertBlocksAre(repository, points[1].pointId, second, [0, 1, 2]);
      return true;
    } catch {
      return false;
    }
  };

  it('has healed all or nothing wherever it stops, and can be begun anew', async () => {
    let outcome = 'stopped';
    const ends = new Set<boolean>();
    for (let at = 1; outcome === 'stopped'; at += 1) {
      for (const effect of ['lost', 'performed'] as const) {
        const disk = await copyOfStore(on.objectStore);
        outcome = await repairOn(await reopenStrata(on, dyingStore(disk, at, effect))).then(
          () => 'done',
          () => 'stopped',
        );
        ends.add(await isHealed(disk));
        const bench = await reopenStrata(on, disk);
        await endAll(bench);
        await repairOn(bench);
        assert.ok(await isHealed(disk), `stopped at request ${at}, which was ${effect}`);
        await collect(bench);
        assert.ok(await isHealed(disk), `collected, request ${at}, which was ${effect}`);
        assert.equal((await Array.fromAsync(disk.list('sessions/'))).length, 0);
      }
      assert.ok(at < 200, 'it comes to an end');
    }
    assert.deepEqual(ends, new Set([false, true]), 'it was stopped before and after it counted');
  });

  it('is one of two at most: the other moves nothing', async () => {
    for (let at = 1; ; at += 1) {
      const disk = await copyOfStore(on.objectStore);
      const other = await reopenStrata(on, disk);
      let calls = 0;
      const outcomes: (number | 'overtaken')[] = [];
      const hooked = createHookedObjectStore(disk, {
        before: async () => {
          calls += 1;
          if (calls !== at) return;
          outcomes.push(await outcomeOf(other));
        },
      });
      outcomes.push(await outcomeOf(await reopenStrata(on, hooked)));
      if (calls < at) break;
      assert.ok(
        outcomes.some((one) => one !== 'overtaken'),
        `at request ${at} neither did it`,
      );
      assert.ok(await isHealed(disk), `at request ${at}`);
      assert.deepEqual(await findings(await reopenStrata(on, disk)), []);
    }
  });

  const outcomeOf = async (bench: FormatBench): Promise<number | 'overtaken'> => {
    try {
      return await repairOn(bench);
    } catch (error) {
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, 'RELOCATION_OVERTAKEN');
      return 'overtaken';
    }
  };

  it('disturbs no backup and no collection that come in between', async () => {
    const third = modelVolume(['text-7', 'text-1', 'text-9']);
    for (let at = 1; ; at += 1) {
      const disk = await copyOfStore(on.objectStore);
      const other = await reopenStrata(on, disk);
      const made: PointManifest[] = [];
      let calls = 0;
      const hooked = createHookedObjectStore(disk, {
        before: async () => {
          calls += 1;
          if (calls !== at) return;
          made.push(await other.backUp(third, allocated(third)));
          // Blocked as long as it cannot be told what the damaged point needs.
          await collect(other).catch(() => undefined);
        },
      });
      await repairOn(await reopenStrata(on, hooked));
      if (calls < at) break;
      const [point] = made;
      assert.ok(point !== undefined);
      await collect(await reopenStrata(on, disk));
      const { repository } = await reopenStrata(on, disk);
      await assertBlocksAre(repository, point.pointId, third, [0, 1, 2]);
      assert.ok(await isHealed(disk), `at request ${at}`);
      const next = await (await reopenStrata(on, disk)).backUp(first, changed(third, first), point);
      await assertBlocksAre(repository, next.pointId, first, [0, 1, 2]);
    }
  });

  it('is followed by the second reader, which the document alone has taught', async () => {
    const bench = await reopenStrata(on, await copyOfStore(on.objectStore));
    await repairAll(bench, snapshotOf(second));
    await collect(bench);
    const objects = new Map<string, Uint8Array>();
    for await (const { key } of bench.objectStore.list('')) {
      objects.set(key, await bench.objectStore.get(key));
    }
    const reader = openRepository(readerOf(objects), passphrase);
    // The damaged record is still in its pack, of which the rest is needed; no point needs it.
    const defects = verifyRepository(reader);
    assert.deepEqual([...new Set(defects.map(({ where }) => where.split(' at ')[0]))], [spoilt]);
    const records = new RecordReader(reader);
    let volumes = 0;
    for (const found of readPoints(reader)) {
      if (found.kind !== 'point') continue;
      const [volume] = found.manifest.volumes;
      assert.ok(volume !== undefined);
      volumes += 1;
      const model = found.manifest.pointId === points[0].pointId ? first : second;
      restoreVolume(records, volume, (offset, content) => {
        const expected = blockOf(model, offset / blockSizeBytes);
        assert.equal(Buffer.compare(content, expected), 0);
      });
    }
    assert.equal(volumes, 2);
  });
});
