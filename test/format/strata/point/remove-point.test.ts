import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { CommitRequest } from '../../../../src/format/repository.ts';
import type { PointManifest } from '../../../../src/format/restore-point.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { assertPointIs } from '../../../../src/conformance/assert-point.ts';
import {
  allocated,
  changed,
  FormatBench,
  instanceId,
} from '../../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import { createHookedObjectStore } from '../../../support/object-store/hooked-object-store.ts';
import { copyOfStore } from '../copy-of-store.ts';
import { reopenStrata } from '../reopen-strata.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';

const older = modelVolume(text(0, 70));
const newer = modelVolume([...text(0, 69), 'text-99']);

describe('the removal of a point', () => {
  let on: FormatBench;
  let request: CommitRequest;
  let point: PointManifest;
  let next: PointManifest;
  before(async () => {
    on = await FormatBench.create(cheapStrata);
    request = await on.transfer(on.newSession(), older, allocated(older), null);
    // The session is not closed yet, so that its plan is there for whoever slept.
    point = await on.repository.commitPoint(request);
    next = await on.backUp(newer, changed(older, newer), point);
  });

  /** Runs `work` on a copy; before its call number `at` somebody else removes the point. */
  async function removedBefore(
    at: number,
    work: (sleeper: FormatBench) => Promise<unknown>,
  ): Promise<{ readonly came: boolean; readonly outcome: string; readonly after: FormatBench }> {
    const disk = await copyOfStore(on.objectStore);
    const other = await reopenStrata(on, disk);
    let calls = 0;
    let came = false;
    const hooked = createHookedObjectStore(disk, {
      before: async () => {
        calls += 1;
        if (came || calls !== at) return;
        came = true;
        await other.repository.removePoint(point.pointId, instanceId);
      },
    });
    const sleeper = await reopenStrata(on, hooked);
    calls = 0;
    came = false;
    const outcome = await work(sleeper).then(
      () => 'done',
      () => 'refused',
    );
    return { came, outcome, after: other };
  }

  const assertOnlyNextIsThere = async (bench: FormatBench): Promise<void> => {
    const points = await Array.fromAsync(bench.repository.listPoints());
    assert.deepEqual(
      points.map(({ pointId }) => pointId),
      [next.pointId],
    );
    await assertPointIs(bench.repository, next.pointId, newer);
  };

  it('leaves its mark alone under points/, and no record goes', async () => {
    const disk = await copyOfStore(on.objectStore);
    const bench = await reopenStrata(on, disk);
    const keysOf = async (prefix: string): Promise<string[]> =>
      (await Array.fromAsync(disk.list(prefix))).map(({ key }) => key as string);
    const packs = await keysOf('packs/');

    await bench.repository.removePoint(point.pointId, instanceId);

    const kept = [`points/${instanceId}/${point.pointId}.removed`];
    kept.push(`points/${instanceId}/${next.pointId}`);
    assert.deepEqual(await keysOf('points/'), kept.toSorted());
    assert.deepEqual(await keysOf('packs/'), packs);
  });

  it('interrupted anywhere shows the whole point or none, and is finished by the next', async () => {
    for (let dieAt = 1; dieAt <= 3; dieAt += 1) {
      for (const when of ['before', 'after'] as const) {
        const disk = await copyOfStore(on.objectStore);
        let calls = 0;
        const die = (): Promise<void> => {
          calls += 1;
          return calls === dieAt ? Promise.reject(new Error('died')) : Promise.resolve();
        };
        const hooked = createHookedObjectStore(disk, { [when]: die });
        const dying = await reopenStrata(on, hooked);
        calls = 0;
        await assert.rejects(dying.repository.removePoint(point.pointId, instanceId), /died/);

        const bench = await reopenStrata(on, disk);
        const points = await Array.fromAsync(bench.repository.listPoints());
        const isMarked: boolean = dieAt === 3 || (dieAt === 2 && when === 'after');
        assert.equal(points.length, isMarked ? 1 : 2, `died ${when} call ${dieAt}`);
        if (isMarked) {
          const opened = bench.repository.openPoint(point.pointId);
          await assert.rejects(opened, { code: 'UNKNOWN_POINT' });
        } else await assertPointIs(bench.repository, point.pointId, older);
        await bench.repository.removePoint(point.pointId, instanceId);
        await assertOnlyNextIsThere(bench);
      }
    }
  });

  it('stands against a commit that slept before any of its calls', async () => {
    for (let at = 1; ; at += 1) {
      const { came, after } = await removedBefore(at, ({ repository }) =>
        repository.commitPoint(request),
      );
      if (!came) {
        assert.ok(at > 2, `the commit had ${at - 1} calls`);
        break;
      }
      await assertOnlyNextIsThere(after);
    }
  });

  it('stands against a discard that slept before any of its calls, which then takes no record', async () => {
    for (let at = 1; ; at += 1) {
      const { came, after } = await removedBefore(at, ({ repository }) =>
        repository.discardWriter(point.pointId, instanceId),
      );
      if (!came) {
        assert.ok(at > 2, `the discard had ${at - 1} calls`);
        break;
      }
      await assertOnlyNextIsThere(await reopenStrata(on, after.objectStore));
    }
  });

  it('takes a point whose manifest is damaged, too', async () => {
    const disk = await copyOfStore(on.objectStore);
    const key = `points/${instanceId}/${point.pointId}` as ObjectKey;
    await disk.delete(key);
    await disk.create(key, Buffer.from('damaged'));
    const bench = await reopenStrata(on, disk);
    await assert.rejects(Array.fromAsync(bench.repository.listPoints()), {
      code: 'OBJECT_CORRUPT',
    });

    await bench.repository.removePoint(point.pointId, instanceId);

    await assertOnlyNextIsThere(bench);
  });
});
