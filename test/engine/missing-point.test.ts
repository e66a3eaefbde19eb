import assert from 'node:assert/strict';
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { imageFolder } from '../../src/adapters/image-folder/image-folder.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { PointId } from '../../src/domain/identifiers.ts';
import type { VerifyFinding } from '../../src/format/verification.ts';
import { createVault } from '../../src/vault/create-vault.ts';
import { backUp, finished, readModes, recorded } from '../support/vault/back-up.ts';
import { createTestVault } from '../support/vault/create-test-vault.ts';
import { makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { addTestInstance, setTestPolicy, web1 } from '../support/vault/make-test-vault.ts';
import {
  openTestVault,
  type OpenTestVault,
  testPassphrase,
} from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

for (const format of ['strata', 'qcow2'] as const) {
  describe(`a restore point that is gone from a ${format} repository`, () => {
    let temporary: Awaited<ReturnType<typeof makeTemporaryFolder>>;
    let folder: string;
    let disk: string;
    let points: PointId[];
    let vault: OpenTestVault;

    const fileOf = (pointId: PointId): string =>
      path.join(folder, 'repository', 'points', web1, pointId);
    const keyOf = (pointId: PointId): string => `points/${web1}/${pointId}`;
    const aside = (): string => path.join(temporary.path, 'aside');
    const lose = (pointId: PointId): Promise<void> => rename(fileOf(pointId), aside());
    const bringBack = (pointId: PointId): Promise<void> => rename(aside(), fileOf(pointId));

    /** Three points, each built on the one before. */
    beforeEach(async () => {
      temporary = await makeTemporaryFolder();
      folder = path.join(temporary.path, 'vault');
      const make = format === 'strata' ? createTestVault : createVault;
      await make({ folder, passphrase: testPassphrase, format });
      disk = path.join(temporary.path, 'disk.img');
      await makeDisk(disk, ['one', 'two', 'three', 'four', 'five', 'six', 'seven']);
      vault = await openTestVault(folder);
      await addTestInstance(vault, [disk], { transport: 'direct' });
      points = [];
      for (let round = 0; round < 3; round += 1) {
        await writeBlock(disk, round, noise(`round ${round}`, blockSizeBytes));
        const { summary } = await backUp(vault.engine);
        assert.ok(summary.pointId !== null);
        points.push(summary.pointId);
      }
    });
    afterEach(async () => {
      await vault[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    });
    const pointAt = (place: number): PointId => points.at(place) ?? assert.fail();

    const findings = async (
      depth: 'structure' | 'deep',
      options: { readonly pointId?: PointId } = {},
    ): Promise<readonly VerifyFinding[]> =>
      (await Array.fromAsync(vault.engine.verify({ depth, ...options }))).filter(
        (result) => result.kind === 'finding',
      );
    const ofPoint = (pointId: PointId, found: readonly VerifyFinding[]): readonly VerifyFinding[] =>
      found.filter((finding) => finding.pointId === pointId);

    it('is named by a verification of every depth, and recorded', async () => {
      const gone = pointAt(2);
      await lose(gone);
      for (const depth of ['structure', 'deep'] as const) {
        for (const only of [{}, { pointId: gone }]) {
          const [finding, ...more] = ofPoint(gone, await findings(depth, only));
          assert.deepEqual(more, []);
          assert.equal(finding?.objectKey, keyOf(gone));
          assert.equal(finding.volumeId, null);
          assert.match(finding.reason, /no retention has removed it: the object is missing/);
        }
      }
      assert.deepEqual(await findings('deep', { pointId: pointAt(0) }), []);

      const session = await finished(await vault.engine.startVerification({ maxBytes: 1 }));

      assert.equal(session.summary.problems[0]?.code, 'POINT_DAMAGED');
      const [event] = recorded(session, 'DamageFound');
      assert.deepEqual([event?.pointId, event?.objectKey], [gone, keyOf(gone)]);
      assert.deepEqual([...(await vault.engine.damagedPoints())], [gone]);
      await bringBack(gone);
      assert.deepEqual(await findings('deep'), []);
      await finished(await vault.engine.startVerification({ maxBytes: 1 }));
      assert.deepEqual([...(await vault.engine.damagedPoints())], []);
    });

    it('is named, with points that need it, also when it is an older one', async () => {
      const gone = pointAt(0);
      await lose(gone);
      const found = await findings('structure');
      assert.equal(ofPoint(gone, found).length, 1);
      const dependent = ofPoint(pointAt(2), found).length;
      assert.equal(dependent > 0, format === 'qcow2', 'points of qcow2 need those before them');
    });

    it('is listed as missing, and the explanation of what keeps it says so', async () => {
      const gone = pointAt(1);
      assert.deepEqual(await vault.engine.missingPoints(), []);
      assert.equal((await vault.engine.explainItem(gone)).missing, null);
      await lose(gone);
      const [missing, ...more] = await vault.engine.missingPoints({ instanceId: web1 });
      assert.deepEqual(more, []);
      assert.equal(missing?.pointId, gone);
      assert.deepEqual((await vault.engine.explainItem(gone)).missing, missing);
      assert.deepEqual(await vault.engine.missingPoints({ there: new Set([gone]) }), []);
    });

    it('is told apart from an unknown one by a restore, which names what else there is', async () => {
      const gone = pointAt(2);
      await lose(gone);
      const told = (error: unknown): boolean => {
        assert.ok(error instanceof SnapledgerError);
        assert.equal(error.code, 'POINT_MISSING');
        assert.ok(error.message.includes(keyOf(gone)));
        const remedy = error.remedy ?? '';
        assert.ok(remedy.includes(pointAt(1)) && remedy.includes(pointAt(0)), remedy);
        assert.match(remedy, /snapshot set /);
        return true;
      };
      const target = imageFolder({
        folder: path.join(temporary.path, 'restored'),
        existing: 'refuse',
      });
      await assert.rejects(vault.engine.findRestorable(gone.slice(0, 8)), told);
      await assert.rejects(vault.engine.findPoint(gone.slice(0, 8)), told);
      await assert.rejects(vault.engine.startRestore({ pointId: gone, target }), told);
      await assert.rejects(vault.engine.openPointImages(gone), told);
    });

    it('is not built upon: the next backup reads in full and is whole', async () => {
      const gone = pointAt(2);
      await lose(gone);
      await writeBlock(disk, 5, noise('after', blockSizeBytes));

      const next = await backUp(vault.engine);

      assert.deepEqual(readModes(next), ['allocated: parent-missing']);
      assert.ok(next.summary.pointId !== null);
      assert.deepEqual(await restoredDigests(vault, next.summary.pointId), [
        await sha256OfFile(disk),
      ]);
      assert.deepEqual(ofPoint(next.summary.pointId, await findings('deep')), []);
    });

    it('keeps what it needs from being collected, so that it is whole when it is brought back', async () => {
      const gone = pointAt(2);
      await lose(gone);
      await assert.rejects(vault.engine.planCollection(), { code: 'COLLECTION_BLOCKED' });
      const session = await finished(await vault.engine.startCollection());
      assert.equal(session.summary.problems[0]?.code, 'COLLECTION_BLOCKED');
      await bringBack(gone);
      assert.deepEqual(await findings('deep'), []);
      const after = await finished(await vault.engine.startCollection());
      assert.equal(after.summary.status, 'succeeded');
      assert.deepEqual(await findings('deep'), []);
    });

    it('keeps what it needs when its session registers once more after its end', async () => {
      const gone = pointAt(2);
      const repository = await vault.dependencies.repository();
      await repository.registerWriter(gone, web1);
      await lose(gone);
      const session = await finished(await vault.engine.startCollection());
      assert.equal(session.summary.problems[0]?.code, 'COLLECTION_BLOCKED');
      await bringBack(gone);
      assert.deepEqual(await findings('deep'), []);
    });

    it('is named no more once retention has let it go', async () => {
      const gone = pointAt(2);
      await lose(gone);
      await backUp(vault.engine, { pointKind: 'full' });
      await setTestPolicy(vault, { transport: 'direct', keepPoints: 1 });
      const { summary } = await finished(await vault.engine.startMaintenance({ instanceId: web1 }));
      assert.equal(summary.status, 'succeeded');
      assert.deepEqual(await findings('deep'), []);
      assert.deepEqual(await vault.engine.missingPoints(), []);
      const collection = await finished(await vault.engine.startCollection());
      assert.equal(collection.summary.status, 'succeeded');
    });

    it('is named too when what hides it is no mark of its removal', async () => {
      const hidden = pointAt(2);
      const mark = {
        strata: `${fileOf(hidden)}.removed`,
        qcow2: path.join(folder, 'repository', 'removed', web1, hidden),
      }[format];
      await mkdir(path.dirname(mark), { recursive: true });
      await writeFile(mark, 'anything');
      const [finding] = ofPoint(hidden, await findings('structure'));
      assert.match(finding?.reason ?? '', /not a mark of its removal/);
      assert.match(finding?.objectKey ?? '', /removed/);
    });

    if (format === 'strata') {
      it('is marked by a repair, which cannot bring it back', async () => {
        const gone = pointAt(1);
        await lose(gone);
        const request = { instanceId: web1, depth: 'known' } as const;
        const forecast = await vault.engine.planRepair(request);
        assert.deepEqual(forecast.lostPoints, [{ pointId: gone, objectKey: keyOf(gone) }]);
        const { summary, events } = await finished(await vault.engine.startRepair(request));
        assert.equal(summary.problems[0]?.code, 'POINT_DAMAGED');
        const [marked] = recorded({ events }, 'PointsMarked');
        assert.deepEqual(marked?.damaged, [gone]);
        assert.deepEqual(marked.sound.toSorted(), [pointAt(0), pointAt(2)].toSorted());
        assert.deepEqual([...(await vault.engine.damagedPoints())], [gone]);
        assert.equal((await findings('structure')).length, 1, 'it stays damage');

        await bringBack(gone);
        const again = await finished(await vault.engine.startRepair(request));
        assert.equal(again.summary.status, 'succeeded');
        assert.deepEqual([...(await vault.engine.damagedPoints())], []);
      });

      it('is marked also when no other is left', async () => {
        for (const pointId of points) await copyFile(fileOf(pointId), aside());
        for (const pointId of points) await lose(pointId);
        const request = { instanceId: web1, depth: 'known' } as const;
        assert.equal((await vault.engine.planRepair(request)).lostPoints.length, 3);
        const { summary } = await finished(await vault.engine.startRepair(request));
        assert.equal(summary.problems[0]?.code, 'POINT_DAMAGED');
        assert.equal((await vault.engine.damagedPoints()).size, 3);
      });
    }
  });
}
