import assert from 'node:assert/strict';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import { backUp, finished, recorded } from '../support/vault/back-up.ts';
import { makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { addTestInstance, makeTestVault, web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const blocks = 8;
const maxBytes = 1024 * 1024 * 1024;

describe('repacking', () => {
  let temporary: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let folder: string;
  let disk: string;
  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    folder = await makeTestVault(temporary.path);
    disk = path.join(temporary.path, 'disk.img');
    await makeDisk(
      disk,
      Array.from({ length: blocks }, () => ''),
    );
    for (let index = 0; index < blocks; index += 1) {
      await writeBlock(disk, index, noise(`first ${index}`, blockSizeBytes));
    }
    await using vault = await openTestVault(folder);
    await addTestInstance(vault, [disk], { keep: 1, keepPoints: 1 });
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  const packBytes = async ({ dependencies: { objectStore } }: OpenTestVault): Promise<number> => {
    let bytes = 0;
    for await (const { sizeBytes } of objectStore.list('packs/')) bytes += sizeBytes;
    return bytes;
  };

  it('frees what a collection cannot: the rest of an object of which little is needed', async () => {
    await using vault = await openTestVault(folder);
    const { engine } = vault;
    await backUp(engine);
    for (const index of [0, 1, 2, 3, 4, 5]) {
      await writeBlock(disk, index, noise(`second ${index}`, blockSizeBytes));
    }
    const second = await backUp(engine);
    await finished(await engine.startCollection());
    const before = await packBytes(vault);
    const plan = await engine.planRepack({ instanceId: web1, maxBytes });
    assert.ok(plan.sparse.bytes > blocks * blockSizeBytes, 'the pack of the first point');
    assert.ok(plan.liveBytes < 3 * blockSizeBytes, 'two blocks of it, and some map');
    assert.equal(await packBytes(vault), before, 'a plan changes nothing');

    const repacking = await finished(await engine.startRepack({ instanceId: web1, maxBytes }));

    assert.equal(repacking.summary.status, 'succeeded');
    assert.equal(repacking.summary.kind, 'repacking');
    assert.equal(repacking.summary.instanceId, web1);
    assert.deepEqual(recorded(repacking, 'RepackPlanned'), [{ instanceId: web1, ...plan }]);
    const [moved] = recorded(repacking, 'DataMoved');
    assert.equal(moved?.pointsMoved, 1);
    await finished(await engine.startCollection());
    const after = await packBytes(vault);
    assert.ok(after < before - 5 * blockSizeBytes, `${before} bytes before, ${after} after`);
    const { pointId } = second.summary;
    assert.ok(pointId !== null);
    assert.deepEqual(await restoredDigests(vault, pointId), [await sha256OfFile(disk)]);
    await assertNothingLeft(vault);

    await writeBlock(disk, 7, noise('third', blockSizeBytes));
    const third = await backUp(engine);
    assert.equal(third.summary.blocksRead, 1, 'an increment builds on what was moved');
    assert.ok(third.summary.pointId !== null);
    const digests = await restoredDigests(vault, third.summary.pointId);
    assert.deepEqual(digests, [await sha256OfFile(disk)]);
  });

  it('does nothing, and says so, where nothing is sparse', async () => {
    await using vault = await openTestVault(folder);
    await backUp(vault.engine);
    const there = await packBytes(vault);
    const session = await finished(await vault.engine.startRepack({ instanceId: web1, maxBytes }));
    assert.equal(session.summary.status, 'succeeded');
    assert.equal(recorded(session, 'DataMoved').length, 0);
    assert.equal(await packBytes(vault), there);
  });

  it('refuses a budget that is none', async () => {
    await using vault = await openTestVault(folder);
    const request = { instanceId: web1, maxBytes: 0 };
    await assert.rejects(vault.engine.planRepack(request), { code: 'INVALID_ARGUMENT' });
    await assert.rejects(vault.engine.startRepack(request), { code: 'INVALID_ARGUMENT' });
  });
});
