import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { allocated, changed, instanceId } from '../../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import type { CollectionPlan, CollectionStep } from '../../../../src/format/collection.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import type { PointManifest } from '../../../../src/format/restore-point.ts';
import { optionsOn } from '../../../../src/conformance/format-bench.ts';
import { threadlessStrata } from '../../../support/format/cheap-strata.ts';
import {
  assertRestores,
  attack,
  dayMs,
  type LockedBench,
  lockedBench,
  pointDays,
  startMs,
} from './locked-bench.ts';

const first = modelVolume(text(0, 70));
const second = modelVolume([...text(0, 10), ...text(100, 160)]);

describe('a collection where points are locked', () => {
  let bench: LockedBench;
  beforeEach(async () => {
    bench = await lockedBench();
  });

  const plan = async (): Promise<CollectionPlan> => {
    const planned = await bench.on.repository.collector?.plan();
    assert.ok(planned !== undefined);
    return planned;
  };
  const collect = async (): Promise<readonly CollectionStep[]> => {
    const { collector } = bench.on.repository;
    assert.ok(collector !== null);
    return await Array.fromAsync(collector.run());
  };
  const keysOf = async (prefix: string): Promise<readonly string[]> =>
    (await Array.fromAsync(bench.disk.list(prefix))).map(({ key }) => key);

  /** A point of which the date is over, and the locks of what it alone has needed are not. */
  async function expired(): Promise<PointManifest> {
    bench.set(1);
    const point = await bench.on.backUp(first, allocated(first));
    bench.set(pointDays + 1);
    await bench.on.repository.removePoint(point.pointId, instanceId);
    return point;
  }
  /** Its objects are locked up to the end of the generation. */
  const heldUntil = startMs + 4 * 10 * dayMs;

  it('says what is held and until when, and takes it for neither needed nor removable', async () => {
    await expired();
    const planned = await plan();
    assert.deepEqual(planned.removable, { objects: 0, bytes: 0 });
    assert.deepEqual(planned.inUse, { objects: 0, bytes: 0 });
    assert.equal(planned.held.objects, 2);
    assert.ok(planned.held.bytes > 0);
    assert.equal(planned.held.until, heldUntil);
  });

  it('leaves what is held, without an error, and removes it once it can', async () => {
    const { pointId } = await expired();
    const steps = await collect();
    assert.ok(steps.every(({ kind }) => kind !== 'removed'));
    assert.equal((await keysOf('packs/')).length, 2);
    assert.deepEqual(await keysOf(`points/${instanceId}/${pointId}`), [
      `points/${instanceId}/${pointId}`,
      `points/${instanceId}/${pointId}.removed`,
    ]);

    bench.set(40);
    const later = await collect();
    assert.deepEqual(
      later.flatMap((step) => (step.kind === 'removed' ? [step.objects] : [])),
      [2],
    );
    assert.deepEqual(await keysOf('packs/'), []);
    assert.deepEqual(await keysOf('keys/'), []);
    assert.deepEqual(await keysOf('points/'), [`points/${instanceId}/${pointId}.removed`]);
  });

  it('makes no generation after the other for what is merely held', async () => {
    await expired();
    await collect();
    const before = await keysOf('gc/');
    for (let again = 0; again < 3; again += 1) await collect();
    assert.deepEqual(await keysOf('gc/'), before);
  });

  it('removes what is not held besides what is', async () => {
    await expired();
    await collect();
    bench.set(pointDays + 2);
    const one = await bench.on.backUp(first, allocated(first));
    bench.set(2 * pointDays + 2);
    await bench.on.repository.removePoint(one.pointId, instanceId);
    const planned = await plan();
    assert.deepEqual([planned.removable.objects, planned.held.objects], [2, 2]);
    await collect();
    assert.equal((await keysOf('packs/')).length, 2);
  });

  it('keeps what is held in one batch, however often something is added', async () => {
    for (let day = 0; day < 5; day += 1) {
      bench.set(day * 0.1 + 1);
      await bench.on.backUp(first, allocated(first));
    }
    bench.set(pointDays + 2);
    for (const { pointId } of await Array.fromAsync(bench.on.repository.listPoints())) {
      await bench.on.repository.removePoint(pointId, instanceId);
      await collect();
    }
    const planned = await plan();
    assert.deepEqual([planned.removable.objects, planned.held.objects], [0, 10]);
    bench.set(40);
    await collect();
    assert.deepEqual(await keysOf('packs/'), []);
  });

  it('removes the rests of a session that was discarded once they are not held any more', async () => {
    const session = bench.on.newSession();
    await bench.on.transfer(session, first, allocated(first), null);
    await bench.on.repository.discardWriter(session, instanceId);
    assert.deepEqual(await keysOf('sessions/'), []);
    assert.equal((await keysOf('packs/')).length, 1);
    assert.equal((await plan()).held.objects, 1);

    bench.set(40);
    await collect();
    assert.deepEqual([await keysOf('packs/'), await keysOf('keys/')], [[], []]);
  });

  it('goes by the store when the own clock is ahead: what is refused is left', async () => {
    await expired();
    const given = optionsOn(bench.disk);
    const ahead = {
      ...given.clock,
      now: () => (heldUntil + dayMs) as ReturnType<LockedBench['now']>,
    };
    const wrong = await threadlessStrata.openRepository({ ...given, clock: ahead });
    const steps = await Array.fromAsync(wrong.collector?.run() ?? []);
    assert.ok(steps.every(({ kind }) => kind !== 'removed'));
    assert.equal((await keysOf('packs/')).length, 2);
  });

  it('leaves to repacking only what can be removed, and what is moved stays locked', async () => {
    const one = await bench.on.backUp(first, allocated(first));
    const two = await bench.on.backUp(second, changed(first, second), one);
    bench.set(pointDays + 0.5);
    await bench.on.repository.removePoint(one.pointId, instanceId);
    const three = await bench.on.backUp(second, changed(second, second), two);
    const { relocator } = bench.on.repository;
    assert.ok(relocator !== null);
    const maxBytes = 2 ** 30;
    assert.equal((await relocator.planRepack(instanceId, { maxBytes })).sparse.objects, 0);

    // Nothing is locked for it: a store whose locks have ended, as far as packs are asked about.
    bench.set(3 * pointDays);
    const moved = await relocator.repack(instanceId, bench.on.newSession(), { maxBytes });
    assert.ok(moved.pointsMoved > 0);
    bench.set(3 * pointDays + 1);
    const four = await bench.on.backUp(second, changed(second, second), three);
    bench.set(4 * pointDays + 0.9);
    await attack(bench);
    await assertRestores(bench, [[four, second]]);
  });
});

describe('key slots where points are locked', () => {
  it('are locked when they change, and the table before stays until it can go', async () => {
    const bench = await lockedBench();
    const point = await bench.on.backUp(first, allocated(first));
    const options = {
      ...optionsOn(bench.disk),
      clock: { ...optionsOn(bench.disk).clock, now: bench.now },
    };
    const added = await threadlessStrata.keySlots?.addRecoveryKey(options, 'paper');
    assert.equal(added?.afterwards, null);
    await attack(bench);
    assert.equal((await Array.fromAsync(bench.disk.list('slots/'))).length, 2);
    await assertRestores(bench, [[point, first]]);
    assert.equal((await threadlessStrata.keySlots?.list(options))?.slots.length, 2);

    bench.set(50);
    await Array.fromAsync((await bench.reopen()).repository.collector?.run() ?? []);
    assert.equal((await Array.fromAsync(bench.disk.list('slots/'))).length, 1);
  });

  it('that somebody has forged are not locked by a backup, so that they can be removed', async () => {
    const bench = await lockedBench();
    const [table] = await Array.fromAsync(bench.disk.list('slots/'));
    assert.ok(table !== undefined);
    const real = await bench.disk.get(table.key);
    const forged = table.key.replace(/1$/, '2') as ObjectKey;
    for (const body of [new Uint8Array(300), changedFrom(real)]) {
      const session = bench.on.newSession();
      const request = await bench.on.transfer(session, first, allocated(first), null);
      await bench.disk.create(forged, body);
      const point = await bench.on.repository.commitPoint(request);
      await attack(bench);
      assert.equal(await bench.disk.head(forged), null);
      const held = (await bench.disk.retention?.heldUntil(table.key)) ?? 0;
      assert.ok((point.lockedUntil ?? 0) <= held);
    }
    const { repository } = await bench.reopen();
    assert.equal((await Array.fromAsync(repository.listPoints())).length, 2);
  });

  it('that were changed while a program had the repository open are locked by its backups', async () => {
    const bench = await lockedBench();
    const given = optionsOn(bench.disk);
    const options = { ...given, clock: { ...given.clock, now: bench.now } };
    await threadlessStrata.keySlots?.addRecoveryKey(options, 'paper');
    bench.set(25);
    const point = await bench.on.backUp(first, allocated(first));
    bench.set(54.9);
    await attack(bench);
    await assertRestores(bench, [[point, first]]);
    assert.equal((await threadlessStrata.keySlots?.list(options))?.slots.length, 2);
  });
});

/** A table of the right form that nobody's secret has made: of the number after the one that it is a copy of. */
function changedFrom(real: Uint8Array): Uint8Array {
  const copy = real.slice();
  copy[copy.length - 40] = (copy[copy.length - 40] ?? 0) ^ 1;
  return copy;
}
