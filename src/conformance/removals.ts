import assert from 'node:assert/strict';
import { hasErrorCode } from '../domain/errors/snapledger-error.ts';
import type { PointId } from '../domain/identifiers.ts';
import { assertPointIs } from './assert-point.ts';
import { type FormatBench, allocated, changed, everything, instanceId } from './format-bench.ts';
import { type ModelVolume, modelVolume, text } from './model-volume.ts';
import { observeCreates } from './observed-store.ts';
import type { TestRunner } from './test-runner.ts';

const otherInstance = 'i-other' as typeof instanceId;

/** Points that are removed stay removed, and take nothing with them. */
export function removalsConformance(
  { describe, it, beforeEach }: TestRunner,
  bench: () => Promise<FormatBench>,
): void {
  describe('a point that is removed', () => {
    let on: FormatBench;
    beforeEach(async () => {
      on = await bench();
    });
    const before = modelVolume(text(0, 70));
    const after = modelVolume([...text(0, 69), 'text-99']);
    /** Has something of both. */
    const last = modelVolume([...text(0, 68), 'text-88', 'text-99']);

    const listed = async (from = on): Promise<PointId[]> =>
      (await Array.fromAsync(from.repository.listPoints())).map(({ pointId }) => pointId);

    const assertGone = async (pointId: PointId, from = on): Promise<void> => {
      await assert.rejects(from.repository.openPoint(pointId), { code: 'UNKNOWN_POINT' });
      assert.ok(!(await listed(from)).includes(pointId));
    };

    it('is gone for every reader, also when it is removed again', async () => {
      const { pointId } = await on.backUp(before, allocated(before));

      await on.repository.removePoint(pointId, instanceId);
      await on.repository.removePoint(pointId, instanceId);

      await assertGone(pointId);
      const again = await on.reopen();
      await again.repository.removePoint(pointId, instanceId);
      await assertGone(pointId, again);
      const only = again.repository.verify({ depth: 'deep', pointId });
      await assert.rejects(Array.fromAsync(only), { code: 'UNKNOWN_POINT' });
    });

    it('leaves the points before and after it whole; one that others need is refused', async () => {
      const first = await on.backUp(before, allocated(before));
      const second = await on.backUp(after, changed(before, after), first);
      const third = await on.backUp(last, changed(after, last), second);
      const needed = { code: 'INVALID_ARGUMENT', message: /need/ };

      if (on.format.traits.pointDependency === 'needs-parent') {
        for (const { pointId } of [first, second]) {
          await assert.rejects(on.repository.removePoint(pointId, instanceId), needed);
        }
        await assertPointIs(on.repository, third.pointId, last);
        await on.repository.removePoint(third.pointId, instanceId);
        await on.repository.removePoint(second.pointId, instanceId);
        await assertOnly(first.pointId, before);
        return;
      }
      await on.repository.removePoint(second.pointId, instanceId);
      await assertPointIs(on.repository, first.pointId, before);
      await assertPointIs(on.repository, third.pointId, last);
      await on.repository.removePoint(first.pointId, instanceId);
      await assertOnly(third.pointId, last);
    });

    /** It is the only one left, it is what it was, and nothing is found to be wrong. */
    const assertOnly = async (pointId: PointId, volume: ModelVolume): Promise<void> => {
      const again = await on.reopen();
      assert.deepEqual(await listed(again), [pointId]);
      await assertPointIs(again.repository, pointId, volume);
      const findings = await Array.fromAsync(again.repository.verify({ depth: 'deep' }));
      assert.deepEqual(
        findings.filter(({ kind }) => kind === 'finding'),
        [],
      );
    };

    it('can be the only one: the next has no parent and is whole', async () => {
      const first = await on.backUp(before, allocated(before));
      await on.repository.removePoint(first.pointId, instanceId);

      const second = await on.backUp(after, everything);

      await assertPointIs(on.repository, second.pointId, after);
    });

    it('is not committed again by a writer that slept', async () => {
      const request = await on.transfer(on.newSession(), before, allocated(before), null);
      const manifest = await on.repository.commitPoint(request);
      const sleeper = await on.reopen();
      await on.repository.closeWriter(request.sessionId);
      await on.repository.removePoint(manifest.pointId, instanceId);

      await assert.rejects(sleeper.repository.commitPoint(request), { code: 'SESSION_FENCED' });

      await assertGone(manifest.pointId);
      await assertGone(manifest.pointId, sleeper);
    });

    it('is not committed again by a writer that sleeps before any write of its commit', async () => {
      const request = await on.transfer(on.newSession(), before, allocated(before), null);
      for (let sleepAt = 1; ; sleepAt += 1) {
        const disk = await on.copy();
        let calls = 0;
        const sleep = { isOver: false };
        const observed = observeCreates(disk.objectStore, async () => {
          calls += 1;
          if (sleep.isOver || calls !== sleepAt) return;
          sleep.isOver = true;
          await disk.repository.commitPoint(request);
          await disk.repository.removePoint(request.sessionId, instanceId);
        });
        const sleeper = await disk.reopen(observed);
        calls = 0;
        sleep.isOver = false;

        const outcome = await sleeper.repository.commitPoint(request).then(
          () => 'committed',
          () => 'refused',
        );

        // Every write of the commit has had its turn.
        if (calls < sleepAt) {
          assert.ok(sleepAt > 1, 'a commit writes something');
          break;
        }
        assert.equal(outcome, 'refused', `slept before write ${sleepAt}`);
        await assertGone(request.sessionId, disk);
      }
    });

    it('is not taken for a session that never committed: discarding it removes nothing', async () => {
      const first = await on.backUp(before, allocated(before));
      const second = await (on.format.traits.pointDependency === 'independent'
        ? on.backUp(after, changed(before, after), first)
        : on.backUp(after, everything));
      await on.repository.removePoint(first.pointId, instanceId);

      for (const from of [on, await on.reopen()]) {
        await assert.rejects(from.repository.discardWriter(first.pointId, instanceId), {
          code: 'SESSION_FENCED',
        });
      }

      const again = await on.reopen();
      await assertPointIs(again.repository, second.pointId, after);
      await assertGone(first.pointId, again);
    });

    it('is named with its own instance', async () => {
      const { pointId } = await on.backUp(before, allocated(before));

      await assert.rejects(on.repository.removePoint(pointId, otherInstance), {
        code: 'INVALID_ARGUMENT',
      });

      await assertPointIs(on.repository, pointId, before);
    });

    it('is told apart from one that is there, or was lost', async () => {
      const first = await on.backUp(before, allocated(before));
      const second = await on.backUp(after, everything);
      const trace = async ({ repository }: FormatBench, { pointId }: typeof first) =>
        (await repository.tracePoint(pointId, instanceId)).kind;
      assert.equal(await trace(on, first), 'there');
      assert.equal(
        (await on.repository.tracePoint(on.newSession(), instanceId)).kind,
        'missing',
        'one that never was is not there either',
      );
      let lost = 0;
      for await (const { key } of on.objectStore.list('')) {
        const copy = await on.copy();
        await copy.objectStore.delete(key);
        const ids = await listed(copy).catch((error: unknown) => {
          if (hasErrorCode(error, 'OBJECT_CORRUPT')) return null;
          throw error;
        });
        if (ids === null || ids.includes(first.pointId)) continue;
        lost += 1;
        const found = await copy.repository.tracePoint(first.pointId, instanceId);
        assert.equal(found.kind, 'missing', key);
        assert.equal(found.objectKey, key, 'the object is named');
        assert.equal(await trace(copy, second), 'there');
        await copy.repository.removePoint(first.pointId, instanceId);
        assert.equal(await trace(copy, first), 'removed', 'it can be let go all the same');
      }
      assert.ok(lost > 0, 'a point is gone with an object');
      await on.repository.removePoint(first.pointId, instanceId);
      for (const from of [on, await on.reopen()]) assert.equal(await trace(from, first), 'removed');
    });

    it('need not be there', async () => {
      const { pointId } = await on.backUp(before, allocated(before));
      const request = await on.transfer(on.newSession(), after, everything, null);
      await on.repository.discardWriter(request.sessionId, instanceId);

      await on.repository.removePoint(on.newSession(), instanceId);
      await on.repository.removePoint(request.sessionId, instanceId);

      assert.deepEqual(await listed(), [pointId]);
    });
  });
}
