import assert from 'node:assert/strict';
import { constants, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import type { SnapshotDescription } from '../../../src/ports/cloud/snapshots.ts';
import {
  clockWhere,
  type LocalCloudFixture,
  openFixture,
  snapshotAll,
} from '../../support/local-cloud/local-cloud-fixture.ts';

// Set TMPDIR to a folder on XFS or Btrfs to run these.
const skip = canClone(os.tmpdir()) ? false : 'the temporary folder has no reflink';

describe('snapshots where the file system has reflink', { skip }, () => {
  let fixture: LocalCloudFixture;
  beforeEach(async () => {
    fixture = await openFixture();
  });
  afterEach(() => fixture.dispose());

  const addInstance = async (...names: readonly string[]) => {
    const volumes = names.map(async (name, n) => ({
      device: `/dev/xvd${'abc'[n] ?? ''}`,
      imagePath: await fixture.makeDisk(name, 4 * blockSizeBytes),
    }));
    return fixture.cloud.addInstance({
      instanceId: 'web-1',
      volumes: await Promise.all(volumes),
    });
  };
  const blockOf = async (snapshot: SnapshotDescription | undefined, index: number) => {
    assert.ok(snapshot !== undefined);
    const folder = path.join(fixture.folder, 'snapshots', snapshot.setId);
    const image = await readFile(path.join(folder, `${snapshot.snapshotId}.img`));
    return image.readUInt8(index * blockSizeBytes);
  };

  it('can be taken of one disk while it is written', async () => {
    const instance = await addInstance('a.img');
    const clock = clockWhere(() => fixture.writeBlocks('a.img', { 1: 7 }));

    const [snapshot] = await snapshotAll(await fixture.reopen({ clock }), instance);

    assert.equal(await blockOf(snapshot, 1), 7);
  });

  it('are taken again until no disk of the set was written in between', async () => {
    const instance = await addInstance('a.img', 'b.img');
    let sleeps = 0;
    const clock = clockWhere(async (sleep) => {
      sleeps = sleep;
      if (sleep < 4) await fixture.writeBlocks('a.img', { 1: sleep });
    });

    const [a, b] = await snapshotAll(await fixture.reopen({ clock }), instance);

    assert.equal(sleeps, 4);
    assert.equal(await blockOf(a, 1), 3);
    assert.equal(await blockOf(b, 1), 0);
  });
});

function canClone(parent: string): boolean {
  const folder = mkdtempSync(path.join(parent, 'snapledger-reflink-'));
  try {
    writeFileSync(path.join(folder, 'a'), Buffer.alloc(4096));
    copyFileSync(path.join(folder, 'a'), path.join(folder, 'b'), constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
