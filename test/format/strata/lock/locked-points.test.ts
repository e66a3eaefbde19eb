import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import {
  allocated,
  changed,
  commitRequest,
  instanceId,
} from '../../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import type { PointManifest } from '../../../../src/format/restore-point.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { objectNotFound } from '../../../../src/ports/object-store-errors.ts';
import { createHookedObjectStore } from '../../../support/object-store/hooked-object-store.ts';
import {
  assertRestores,
  attack,
  dayMs,
  extendedBy,
  type LockedBench,
  lockedBench,
  markAsRemoved,
  pointDays,
  startMs,
} from './locked-bench.ts';

const first = modelVolume(text(0, 70));
const second = modelVolume([...text(0, 60), ...text(100, 110)]);
const third = modelVolume([...text(0, 60), ...text(100, 109), 'zero']);

describe('a point of a repository whose points are locked', () => {
  let bench: LockedBench;
  beforeEach(async () => {
    bench = await lockedBench();
  });

  const backUpFirst = (): Promise<PointManifest> => bench.on.backUp(first, allocated(first));
  const backUpSecond = (parent: PointManifest): Promise<PointManifest> =>
    bench.on.backUp(second, changed(first, second), parent);

  it('says its date: so many days after it was made', async () => {
    bench.set(2.5);
    const point = await backUpFirst();
    assert.equal(point.lockedUntil, startMs + (2.5 + pointDays) * dayMs);
    const [listed] = await Array.fromAsync((await bench.reopen()).repository.listPoints());
    assert.equal(listed?.lockedUntil, point.lockedUntil);
  });

  it('is made also when something of its parent is lost that the lists of packs still name', async () => {
    const one = await backUpFirst();
    const packs = await Array.fromAsync(bench.disk.list('packs/'));
    const lost = packs.reduce((a, b) => (a.sizeBytes > b.sizeBytes ? a : b)).key;
    for (const days of [1, 15]) {
      bench.set(days);
      const hidden = createHookedObjectStore(bench.disk, {
        before: ({ key }) =>
          key === lost ? Promise.reject(objectNotFound(lost)) : Promise.resolve(),
      });
      const on = await bench.reopen(hidden);
      const point = await on.backUp(second, changed(first, second), one);
      assert.equal(point.lockedUntil, startMs + (days + pointDays) * dayMs);
    }
  });

  it('and all that it needs outlive somebody who removes everything that can be removed', async () => {
    const one = await backUpFirst();
    await attack(bench);
    await assertRestores(bench, [[one, first]]);

    bench.set(1);
    const two = await backUpSecond(one);
    await attack(bench);
    await assertRestores(bench, [
      [one, first],
      [two, second],
    ]);

    bench.set(pointDays - 0.001);
    await attack(bench);
    await assertRestores(bench, [
      [one, first],
      [two, second],
    ]);
  });

  it('has older packs that it shares locked for as long as itself', async () => {
    const one = await backUpFirst();
    bench.set(25);
    const two = await backUpSecond(one);
    bench.set(pointDays + 24.9);
    const gone = await attack(bench);
    assert.ok(
      gone.includes(`points/${instanceId}/${one.pointId}` as ObjectKey),
      'the first is over',
    );
    await assertRestores(bench, [[two, second]]);
  });

  it('is there before its date whatever removal marks say, and gone from then on', async () => {
    const one = await backUpFirst();
    await markAsRemoved(bench, one);
    await assertRestores(bench, [[one, first]]);

    bench.set(pointDays);
    const { repository } = await bench.reopen();
    assert.deepEqual(await Array.fromAsync(repository.listPoints()), []);
    await assert.rejects(repository.openPoint(one.pointId), { code: 'UNKNOWN_POINT' });
  });

  it('with a removal mark is needed by a collection before its date, and built on by nobody', async () => {
    const one = await backUpFirst();
    await markAsRemoved(bench, one);
    const { repository } = await bench.reopen();
    const plan = await repository.collector?.plan();
    assert.deepEqual([plan?.removable.objects, plan?.held.objects], [0, 0]);
    await assert.rejects(backUpSecond(one), { code: 'UNKNOWN_POINT' });
  });

  it('cannot be removed before its date, and can from then on', async () => {
    const one = await backUpFirst();
    bench.set(pointDays - 0.001);
    await assert.rejects(bench.on.repository.removePoint(one.pointId, instanceId), {
      code: 'POINT_LOCKED',
      details: { pointId: one.pointId, lockedUntil: one.lockedUntil ?? 0 },
    });
    await assertRestores(bench, [[one, first]]);

    bench.set(pointDays);
    await bench.on.repository.removePoint(one.pointId, instanceId);
    assert.deepEqual(await Array.fromAsync(bench.on.repository.listPoints()), []);
  });

  it('is not made when something that it needs cannot be locked', async () => {
    const failing = createHookedObjectStore(bench.disk, {
      before: ({ method }) =>
        method === 'extend' ? Promise.reject(new Error('no such permission')) : Promise.resolve(),
    });
    const through = await bench.reopen(failing);
    await assert.rejects(through.backUp(first, allocated(first)), /no such permission/);
    assert.deepEqual(await Array.fromAsync(bench.on.repository.listPoints()), []);
  });

  it('of a session that goes on into the next generation is locked with all that it stored before', async () => {
    bench.set(9.9);
    const session = bench.on.newSession();
    const request = await bench.on.transfer(session, first, allocated(first), null);
    bench.set(12);
    const point = await bench.on.repository.commitPoint(request);
    bench.set(12 + pointDays - 0.001);
    await attack(bench);
    await assertRestores(bench, [[point, first]]);
  });

  it('is locked also when a worker has stored its packs under no lock', async () => {
    const session = bench.on.newSession();
    const plan = await bench.on.plan(session, first, allocated(first), null);
    const careless = {
      ...createHookedObjectStore(bench.disk, {}),
      create: (key: ObjectKey, body: Uint8Array | readonly Uint8Array[]) =>
        bench.disk.create(key, body),
    };
    const segments = await bench.on.runWorker(plan, first, 0, 0, careless);
    const run = { attempt: 0, firstSegment: 0, endSegment: segments.length };
    const point = await bench.on.repository.commitPoint(commitRequest(plan, first, null, [run]));
    await attack(bench);
    await assertRestores(bench, [[point, first]]);
  });

  it('can build on one that was made before anything was locked', async () => {
    const unlocked = { ...createHookedObjectStore(bench.disk, {}), retention: null };
    const one = await (await bench.reopen(unlocked)).backUp(first, allocated(first));
    assert.equal(one.lockedUntil, undefined);
    const two = await backUpSecond(one);
    await attack(bench);
    await assertRestores(bench, [[two, second]]);
  });
});

describe('requests that prolong locks', () => {
  const wayIn = /^(strata|slots\/.*)$/;

  it('are two for a point, and one more for each object that it shares when a generation begins', async () => {
    const bench = await lockedBench();
    let one: PointManifest | undefined;
    let two: PointManifest | undefined;
    const full = await extendedBy(bench, async (through) => {
      one = await through.backUp(first, allocated(first));
    });
    assert.equal(full.length, 2);
    assert.ok(
      full.every((key) => wayIn.test(key)),
      full.join(' '),
    );

    bench.set(9);
    const begun = await extendedBy(bench, async (through) => {
      assert.ok(one !== undefined);
      two = await through.backUp(second, changed(first, second), one);
    });
    const shared = begun.filter((key) => !wayIn.test(key));
    assert.ok(shared.length > 0);

    bench.set(9.5);
    const later = await extendedBy(bench, async (through) => {
      assert.ok(two !== undefined);
      two = await through.backUp(third, changed(second, third), two);
    });
    assert.deepEqual(later.toSorted(), full.toSorted());
  });

  it('of a month of daily points come once in a generation for each object that is still needed', async () => {
    const bench = await lockedBench();
    const points: PointManifest[] = [];
    let before = first;
    let requests = 0;
    let withSharing = 0;
    for (let day = 0; day < 40; day += 1) {
      bench.set(day);
      const after = modelVolume([...text(0, 69), `text-${1000 + day}`]);
      const parent = points.at(-1) ?? null;
      const selection = parent === null ? allocated(after) : changed(before, after);
      const extended = await extendedBy(bench, async (through) => {
        points.push(await through.backUp(after, selection, parent));
      });
      before = after;
      requests += extended.length;
      if (extended.some((key) => !wayIn.test(key))) withSharing += 1;
    }
    assert.equal(withSharing, 4, 'one pass for each generation of ten days but the first day');
    // Two each day for the way in; in a pass the packs and keys of the first point, and of the one before.
    assert.ok(requests <= 40 * 2 + 4 * 12, String(requests));
  });
});
