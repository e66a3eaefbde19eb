import assert from 'node:assert/strict';
import { systemRandom } from '../adapters/system/system-random.ts';
import type { BlockIndex, VolumeId } from '../domain/identifiers.ts';
import type { BlockSelection } from '../format/transfer-plan.ts';
import { assertPointIs } from './assert-point.ts';
import {
  type FormatBench,
  allocated,
  commitRequest,
  everything,
  inPages,
  instanceId,
} from './format-bench.ts';
import type { ModelBlock } from './model-volume.ts';
import { blockOf, modelVolume, text } from './model-volume.ts';
import type { TestRunner } from './test-runner.ts';

/** The life of a writer. */
export function sessionsConformance(
  { describe, it, before }: TestRunner,
  bench: () => Promise<FormatBench>,
): void {
  describe('a session', () => {
    let on: FormatBench;
    before(async () => {
      on = await bench();
    });

    it('goes on after a lost worker where that one had got to', async () => {
      const volume = modelVolume(Array.from({ length: 80 }, (_, n): ModelBlock => `noise-${n}`));
      const sessionId = on.newSession();
      const plan = { sessionId, planId: systemRandom.uuid() };
      await on.repository.registerWriter(sessionId, instanceId);
      const { sizeBytes } = volume;
      const request = { ...plan, sizeBytes, selection: everything, parent: null };
      assert.deepEqual(await on.repository.writeTransferPlan(request), { plannedBlocks: 80 });
      await on.runWorker(plan, volume, 0, 0);
      const [posted] = await on.repository.readSegments(plan, 0, 0);
      assert.ok(posted !== undefined && posted.endPlanned < 80);

      const rest = await on.runWorker(plan, volume, 1, posted.endPlanned);
      const runs = [
        { attempt: 0, firstSegment: 0, endSegment: 1 },
        { attempt: 1, firstSegment: 0, endSegment: rest.length },
      ];
      const commit = (segments: typeof runs): ReturnType<typeof on.repository.commitPoint> =>
        on.repository.commitPoint(commitRequest(plan, volume, null, segments));
      for (const wrong of [runs.slice(1), runs.toReversed(), [...runs, ...runs]]) {
        await assert.rejects(commit(wrong), { code: 'INVALID_ARGUMENT' });
      }
      const { pointId } = await commit(runs);

      await assertPointIs(on.repository, pointId, volume);
      assert.deepEqual(await on.repository.readSegments(plan, 1, 0), rest);
      assert.deepEqual(await on.repository.readSegments(plan, 1, rest.length), []);
    });

    it('makes no point when its commit is aborted, and the same one when it is committed again', async () => {
      const volume = modelVolume(text(0, 70));
      const request = await on.transfer(on.newSession(), volume, allocated(volume), null);
      const pointsBefore = await Array.fromAsync(on.repository.listPoints());
      const signal = AbortSignal.abort(new RangeError('enough'));
      await assert.rejects(on.repository.commitPoint({ ...request, signal }), RangeError);
      assert.deepEqual(await Array.fromAsync(on.repository.listPoints()), pointsBefore);

      const made = await on.repository.commitPoint(request);
      await assertPointIs(on.repository, made.pointId, volume);
      const again = await on.repository.commitPoint({ ...request, signal });
      assert.deepEqual(again, made, 'a point that is there is stronger than the abort');
    });

    it('commits all volumes of an instance as one point', async () => {
      const sessionId = on.newSession();
      const [root, data] = [modelVolume(text(0, 66)), modelVolume([...text(60, 70), 'absent'], 9)];
      const first = await on.transfer(sessionId, root, allocated(root), null);
      const second = await on.transfer(sessionId, data, allocated(data), null);
      const dataId = 'vol-2' as VolumeId;
      const [dataVolume] = second.volumes;
      assert.ok(dataVolume !== undefined);
      const volumes = [...first.volumes, { ...dataVolume, volumeId: dataId }];

      const { pointId } = await on.repository.commitPoint({ ...first, volumes });

      await assertPointIs(on.repository, pointId, root);
      const point = await on.repository.openPoint(pointId);
      assert.equal(point.manifest.volumes.length, 2);
      for (const index of [0, 9, 10]) {
        const found = await point.readBlock(dataId, index as BlockIndex);
        assert.equal(Buffer.compare(found, blockOf(data, index)), 0);
      }
    });

    it('does not commit what does not cover the plan exactly', async () => {
      const volume = modelVolume(text(0, 3));
      const request = await on.transfer(on.newSession(), volume, everything, null);
      const withRuns = (...segments: (typeof request)['volumes'][number]['segments']) => ({
        ...request,
        volumes: request.volumes.map((each) => ({ ...each, segments })),
      });
      const [run] = request.volumes[0]?.segments ?? [];
      assert.ok(run !== undefined);

      for (const bad of [withRuns(), withRuns(run, run)]) {
        await assert.rejects(on.repository.commitPoint(bad), { code: 'INVALID_ARGUMENT' });
      }
      await assert.rejects(on.repository.openPoint(request.sessionId), { code: 'UNKNOWN_POINT' });
    });

    it('does not commit a plan that was made for something else, or never finished', async () => {
      const volume = modelVolume(text(0, 3));
      const parent = await on.backUp(volume, everything);
      const request = await on.transfer(on.newSession(), volume, everything, parent.pointId);
      const [planned] = request.volumes;
      assert.ok(planned !== undefined);
      const others = [
        { ...planned, parent: null },
        { ...planned, sizeBytes: planned.sizeBytes - 1 },
        { ...planned, planId: systemRandom.uuid() },
        { ...planned, sessionId: on.newSession() },
      ];

      for (const other of others) {
        await assert.rejects(on.repository.commitPoint({ ...request, volumes: [other] }), {
          code: 'INVALID_ARGUMENT',
        });
      }
      await on.repository.commitPoint(request);
    });

    it('commits once: the second commit gives the first point, also after it is closed', async () => {
      const volume = modelVolume(text(0, 3));
      const request = await on.transfer(on.newSession(), volume, everything, null);

      const manifest = await on.repository.commitPoint(request);
      const other = await on.reopen();
      assert.deepEqual(await other.repository.commitPoint(request), manifest);
      await on.repository.closeWriter(request.sessionId);
      await on.repository.closeWriter(request.sessionId);
      assert.deepEqual(await on.repository.commitPoint(request), manifest);

      await assertPointIs(on.repository, manifest.pointId, volume);
    });

    it('that is discarded leaves nothing that can be read, and cannot commit any more', async () => {
      const volume = modelVolume(text(0, 3));
      const request = await on.transfer(on.newSession(), volume, everything, null);

      assert.equal(await on.repository.discardWriter(request.sessionId, instanceId), null);
      assert.equal(await on.repository.discardWriter(request.sessionId, instanceId), null);

      await assert.rejects(on.repository.commitPoint(request), { code: 'SESSION_FENCED' });
      await assert.rejects(on.repository.openPoint(request.sessionId), { code: 'UNKNOWN_POINT' });
      const listed = await Array.fromAsync(on.repository.listPoints());
      assert.ok(listed.every((point) => point.pointId !== request.sessionId));
    });

    it('that has committed cannot be discarded: its point is given, nothing is removed', async () => {
      const volume = modelVolume(text(0, 3));
      const manifest = await on.backUp(volume, everything);

      assert.deepEqual(await on.repository.discardWriter(manifest.pointId, instanceId), manifest);
      const other = 'i-other' as typeof instanceId;
      await assert.rejects(on.repository.discardWriter(manifest.pointId, other), {
        code: 'INVALID_ARGUMENT',
      });

      await assertPointIs(on.repository, manifest.pointId, volume);
    });

    it('plans only blocks that ascend within the volume, and passes on what its source throws', async () => {
      const sessionId = on.newSession();
      await on.repository.registerWriter(sessionId, instanceId);
      const { sizeBytes } = modelVolume(text(0, 3));
      const plan = async (selection: BlockSelection): Promise<unknown> => {
        const ref = { sessionId, planId: systemRandom.uuid() };
        return await on.repository.writeTransferPlan({
          ...ref,
          sizeBytes,
          selection,
          parent: null,
        });
      };
      const blocks = (...indexes: number[]): BlockSelection => {
        return { kind: 'allocated', pages: inPages(indexes.map((index) => index as BlockIndex)) };
      };
      const failing: BlockSelection = {
        kind: 'allocated',
        // eslint-disable-next-line @typescript-eslint/require-await -- it only fails
        pages: (async function* () {
          throw new TypeError('the listing broke');
        })(),
      };

      assert.deepEqual(await plan(blocks(0, 2)), { plannedBlocks: 2 });
      await assert.rejects(plan(blocks(1, 1)), { code: 'INVALID_ARGUMENT' });
      await assert.rejects(plan(blocks(0, 1, 2, 0)), { code: 'INVALID_ARGUMENT' });
      await assert.rejects(plan(blocks(3)), {
        code: 'INVALID_ARGUMENT',
        message: /beyond the end/,
      });
      await assert.rejects(plan({ kind: 'changed', pages: inPages([]) }), {
        code: 'INVALID_ARGUMENT',
      });
      await assert.rejects(plan(failing), TypeError);
    });
  });
}
