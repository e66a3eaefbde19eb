import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { PointId } from '../../src/domain/identifiers.ts';
import { createCountingObjectStore } from '../support/object-store/counting-object-store.ts';
import { backUp, blockTotals, readModes, recorded } from '../support/vault/back-up.ts';
import { makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { addTestInstance, makeTestVault } from '../support/vault/make-test-vault.ts';
import { openTestVault } from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

/** 512 MiB: a map of several levels. */
const diskBlocks = 1024;

/** A pack's header and the nodes on the path to the root, which all changes of a point share. */
const mapBytesFixed = 4 * 1024;
/** What each changed block adds: at most a leaf of its own. */
const mapBytesPerBlock = 1024;

describe('an incremental backup of k changed blocks', () => {
  it('stores k blocks and O(k) of map, and its point needs no other manifest', async () => {
    await using temporary = await makeTemporaryFolder();
    const disk = path.join(temporary.path, 'disk.img');
    const everySixteenth = Array.from({ length: diskBlocks }, (_, index) =>
      // Few contents in many places: a large map, and little to read.
      index % 16 === 0 ? `content ${index % 5}` : null,
    );
    await makeDisk(disk, everySixteenth);
    const folder = await makeTestVault(temporary.path);
    const points: PointId[] = [];
    {
      await using vault = await openTestVault(folder);
      await addTestInstance(vault, [disk]);
      await backUp(vault.engine);

      for (const k of [1, 4, 16]) {
        for (let block = 0; block < k; block += 1) {
          const place = Math.floor((block * diskBlocks) / k);
          await writeBlock(disk, place, noise(`${k} ${block}`, blockSizeBytes));
        }
        const session = await backUp(vault.engine);
        assert.deepEqual(readModes(session), ['changed']);
        assert.equal(blockTotals(session).read, k);
        assert.equal(blockTotals(session).stored, k);
        const [point] = recorded(session, 'RestorePointCommitted');
        const [volume] = point?.volumes ?? [];
        assert.ok(point !== undefined && volume !== undefined);
        assert.equal(volume.blocksStored, k);
        assert.ok(
          volume.mapBytesStored <= mapBytesFixed + k * mapBytesPerBlock,
          `${k} changed blocks took ${volume.mapBytesStored} bytes of map`,
        );
        points.push(point.pointId);
      }
    }
    const newest = points.at(-1);
    assert.ok(newest !== undefined);
    let counting: ReturnType<typeof createCountingObjectStore> | undefined;
    await using reader = await openTestVault(folder, {
      objectStore: (inner) => (counting = createCountingObjectStore(inner)),
    });
    assert.deepEqual(await restoredDigests(reader, newest), [await sha256OfFile(disk)]);
    assert.equal(counting?.countOf('get', /^points\//), 1);
    assert.equal(counting.countOf('get', new RegExp(`^points/web-1/${newest}$`)), 1);
  });
});
