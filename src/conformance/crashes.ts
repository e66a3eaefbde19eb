import assert from 'node:assert/strict';
import { createMemoryObjectStore } from '../adapters/memory/object-store.ts';
import { hasErrorCode } from '../domain/errors/snapledger-error.ts';
import type { PointId, SessionId } from '../domain/identifiers.ts';
import type { PointManifest } from '../format/restore-point.ts';
import { assertPointIs } from './assert-point.ts';
import {
  FormatBench,
  allocated,
  changed,
  commitRequest,
  everything,
  instanceId,
  optionsOn,
} from './format-bench.ts';
import { type ModelBlock, modelVolume, text } from './model-volume.ts';
import { atEveryWrite } from './at-every-write.ts';
import { mortalStore } from './mortal-store.ts';
import type { TestRunner } from './test-runner.ts';

/** A process can die at any write. What it leaves is whole or nothing, and others go on from it. */
export function crashesConformance(
  { describe, it }: TestRunner,
  bench: () => Promise<FormatBench>,
): void {
  const before = modelVolume(text(0, 5));
  const wanted = modelVolume([...text(0, 4), 'text-9']);

  describe('a process that dies at any of its writes', () => {
    it('leaves a repository or none', async () => {
      const { format } = await bench();
      await atEveryWrite(async (death) => {
        const store = createMemoryObjectStore();
        const mortal = mortalStore(store, death);
        await format.createRepository(optionsOn(mortal.objectStore)).catch(() => null);
        const opened = await format.openRepository(optionsOn(store)).catch((error: unknown) => {
          if (!hasErrorCode(error, 'NOT_A_REPOSITORY')) throw error;
          return null;
        });
        const repository = opened ?? (await format.createRepository(optionsOn(store)));
        const on = new FormatBench(store, repository, format);
        const point = await on.backUp(before, everything);
        await assertPointIs(on.repository, point.pointId, before);
        return mortal.hasDied();
      });
    });

    it('in a session leaves a point or none, and the session goes on elsewhere', async () => {
      const start = await bench();
      const parent = await start.backUp(before, allocated(before));
      await atEveryWrite(async (death) => {
        const on = await start.copy();
        const mortal = mortalStore(on.objectStore, death);
        const sessionId = on.newSession();
        const dying = await on.reopen(mortal.objectStore);
        await runSession(dying, sessionId, parent).catch(() => null);

        const committed = await pointsBut(on, parent);
        assert.ok(committed.length <= 1);
        for (const pointId of committed) await assertPointIs(on.repository, pointId, wanted);
        const heir = await on.reopen();
        await runSession(heir, sessionId, parent);

        assert.deepEqual(await pointsBut(on, parent), [sessionId]);
        await assertPointIs(on.repository, sessionId, wanted);
        await assertPointIs(on.repository, parent.pointId, before);
        return mortal.hasDied();
      });
    });

    it('in a session can be discarded by others, and leaves nothing that is read', async () => {
      const start = await bench();
      const parent = await start.backUp(before, allocated(before));
      await atEveryWrite(async (death) => {
        const on = await start.copy();
        const mortal = mortalStore(on.objectStore, death);
        const sessionId = on.newSession();
        const dying = await on.reopen(mortal.objectStore);
        await runSession(dying, sessionId, parent).catch(() => null);

        const kept = await on.repository.discardWriter(sessionId, instanceId);

        assert.deepEqual(await pointsBut(on, parent), kept === null ? [] : [sessionId]);
        if (kept !== null) await assertPointIs(on.repository, sessionId, wanted);
        await assertPointIs(on.repository, parent.pointId, before);
        return mortal.hasDied();
      });
    });
  });

  describe('a worker that dies at any of its writes', () => {
    // More than the largest pack of strata takes, and not to be compressed: there are several segments.
    const long = modelVolume(Array.from({ length: 36 }, (_, n): ModelBlock => `noise-${n}`));

    it('leaves segments whose blocks are durable, and its successor goes on behind them', async () => {
      const start = await bench();
      await atEveryWrite(async (death) => {
        const on = await start.copy();
        const mortal = mortalStore(on.objectStore, death);
        const plan = await on.plan(on.newSession(), long, everything, null);
        await on.runWorker(plan, long, 0, 0, mortal.objectStore).catch((error: unknown) => {
          if (!mortal.hasDied()) throw error;
        });

        const posted = await on.repository.readSegments(plan, 0, 0);
        const firstPlanned = posted.at(-1)?.endPlanned ?? 0;
        const isCovered = firstPlanned === long.blocks.length;
        const rest = isCovered ? [] : await on.runWorker(plan, long, 1, firstPlanned);
        const runs = [
          { attempt: 0, firstSegment: 0, endSegment: posted.length },
          { attempt: 1, firstSegment: 0, endSegment: rest.length },
        ].filter(({ endSegment }) => endSegment > 0);
        const { pointId } = await on.repository.commitPoint(commitRequest(plan, long, null, runs));
        await on.repository.closeWriter(plan.sessionId);

        await assertPointIs(on.repository, pointId, long);
        return mortal.hasDied();
      });
    });
  });

  const runSession = async (
    on: FormatBench,
    sessionId: SessionId,
    parent: PointManifest,
  ): Promise<void> => {
    const selection = changed(before, wanted);
    const request = await on.transfer(sessionId, wanted, selection, parent.pointId);
    await on.repository.commitPoint(request);
    await on.repository.closeWriter(sessionId);
  };

  const pointsBut = async (on: FormatBench, parent: PointManifest): Promise<readonly PointId[]> => {
    const { repository } = await on.reopen();
    const points = await Array.fromAsync(repository.listPoints());
    return points.map(({ pointId }) => pointId).filter((pointId) => pointId !== parent.pointId);
  };
}
