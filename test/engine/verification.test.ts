import assert from 'node:assert/strict';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { PointId } from '../../src/domain/identifiers.ts';
import {
  backUp,
  finished,
  type FinishedSession,
  readModes,
  recorded,
} from '../support/vault/back-up.ts';
import { flipBit, makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { findPack } from '../support/vault/find-packs.ts';
import { addTestInstance, makeTestVault } from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

describe('a verification with a budget', () => {
  let temporary: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let folder: string;
  let disk: string;
  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    folder = await makeTestVault(temporary.path);
    disk = path.join(temporary.path, 'disk.img');
    await makeDisk(disk, ['one', 'two', 'three']);
    await using vault = await openTestVault(folder);
    await addTestInstance(vault, [disk], { transport: 'direct' });
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  const pointOf = ({ summary }: FinishedSession): PointId => {
    assert.ok(summary.pointId !== null);
    return summary.pointId;
  };
  const verify = async ({ engine }: OpenTestVault, maxBytes: number): Promise<FinishedSession> =>
    finished(await engine.startVerification({ maxBytes }));
  const readIn = (session: FinishedSession): readonly string[] =>
    recorded(session, 'ObjectsVerified').flatMap(({ sound, damaged }) => [...sound, ...damaged]);

  it('reads what was not read for longest, and gets through everything', async () => {
    await using vault = await openTestVault(folder);
    const packs: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      await writeBlock(disk, 1, noise(`round ${round}`, blockSizeBytes));
      packs.push((await findPack(folder, pointOf(await backUp(vault.engine)), 'data')).key);
    }

    const read: string[] = [];
    for (let night = 0; night < 3; night += 1) {
      const session = await verify(vault, 1);
      assert.equal(session.summary.status, 'succeeded');
      assert.equal(session.summary.kind, 'verification');
      read.push(...readIn(session));
    }
    assert.deepEqual(read.toSorted(), packs.toSorted(), 'each of them once');

    assert.deepEqual(readIn(await verify(vault, 1)), read.slice(0, 1), 'and then the first again');
    const whole = await verify(vault, 2 ** 40);
    assert.equal(readIn(whole).length, 3);
    const [covered] = recorded(whole, 'VerificationCovered');
    assert.equal(covered?.bytes, covered?.bytesTotal);
    assert.equal(covered?.findings, 0);
  });

  it('names damage of content and the points it hurts; the next backup does not build on it', async () => {
    await using vault = await openTestVault(folder);
    const first = await backUp(vault.engine);
    const { key, file } = await findPack(folder, pointOf(first), 'data');
    await writeBlock(disk, 1, noise('changed', blockSizeBytes));
    const second = await backUp(vault.engine);
    // In the record of the last block, which both points need.
    await flipBit(file, -100);

    const found = await verify(vault, 2 ** 40);

    assert.equal(found.summary.status, 'failed');
    assert.equal(found.summary.problems[0]?.code, 'POINT_DAMAGED');
    const damage = recorded(found, 'DamageFound');
    assert.deepEqual(
      damage.map(({ pointId, objectKey, firstBlock, blockCount }) => [
        pointId,
        objectKey,
        firstBlock,
        blockCount,
      ]),
      [
        [pointOf(first), key, 2, 1],
        [pointOf(second), key, 2, 1],
      ],
    );
    assert.deepEqual(recorded(found, 'ObjectsVerified')[0]?.damaged, [key]);
    const damaged = await vault.engine.damagedPoints();
    assert.deepEqual([...damaged].toSorted(), [pointOf(first), pointOf(second)].toSorted());

    const healed = await backUp(vault.engine);

    assert.deepEqual(readModes(healed), ['allocated: parent-damaged']);
    assert.deepEqual(await restoredDigests(vault, pointOf(healed)), [await sha256OfFile(disk)]);
    await writeBlock(disk, 0, noise('more', blockSizeBytes));
    assert.deepEqual(readModes(await backUp(vault.engine)), ['changed'], 'the new one is sound');
  });

  it('takes a point for sound again once its object was read without damage', async () => {
    await using vault = await openTestVault(folder);
    const { file } = await findPack(folder, pointOf(await backUp(vault.engine)), 'data');
    await flipBit(file, -100);
    await verify(vault, 2 ** 40);
    assert.equal((await vault.engine.damagedPoints()).size, 1);

    await flipBit(file, -100);
    assert.equal((await verify(vault, 2 ** 40)).summary.status, 'succeeded');

    assert.equal((await vault.engine.damagedPoints()).size, 0);
  });

  it('refuses a budget of nothing', async () => {
    await using vault = await openTestVault(folder);
    await assert.rejects(vault.engine.startVerification({ maxBytes: 0 }), {
      code: 'INVALID_ARGUMENT',
    });
  });
});
