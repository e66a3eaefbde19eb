import assert from 'node:assert/strict';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { formatIdentity, ownIdentity } from '../../../src/platform/process-identity.ts';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import type {
  Region,
  ReplicaSetId,
  SessionId,
  SnapshotId,
} from '../../../src/domain/identifiers.ts';
import type { ReplicaDescription } from '../../../src/ports/cloud/replicas.ts';
import type { SnapshotDescription } from '../../../src/ports/cloud/snapshots.ts';
import {
  type LocalCloudFixture,
  openFixture,
  owner,
  snapshotOne,
} from '../../support/local-cloud/local-cloud-fixture.ts';

const region = 'elsewhere' as Region;
const replicaSetId = 'copies-1' as ReplicaSetId;
const another = { sessionId: '0c0ffee0-0000-4000-8000-000000000002' as SessionId };

describe('copies of snapshots in a local cloud', () => {
  let fixture: LocalCloudFixture;
  let source: SnapshotDescription;
  beforeEach(async () => {
    fixture = await openFixture();
    const imagePath = await fixture.makeDisk('a.img', 64 * blockSizeBytes);
    await fixture.writeBlocks('a.img', { 2: 1 });
    const volumes = [{ device: '/dev/xvda', imagePath }];
    const { instanceId } = owner;
    source = await snapshotOne(
      fixture.cloud,
      await fixture.cloud.addInstance({ instanceId, volumes }),
    );
  });
  afterEach(() => fixture.dispose());

  const copy = (keyId: string | null = null): Promise<ReplicaDescription> =>
    fixture.cloud.replicas.copy({
      replicaSetId,
      owner,
      target: { region, keyId, account: null },
      sourceSnapshotId: source.snapshotId,
    });
  const folderOf = ({ snapshotId }: { snapshotId: SnapshotId }): string =>
    path.join(fixture.folder, 'regions', region, snapshotId);

  it('keep the holes of a disk, and cannot be written', async () => {
    const { blocks, size, mode } = await stat(path.join(folderOf(await copy()), 'image'));

    assert.equal(size, 64 * blockSizeBytes);
    assert.ok(blocks * 512 < 4 * blockSizeBytes, `${blocks} sectors`);
    assert.equal(mode & 0o222, 0);
  });

  it('are not made with a key, because there is none', async () => {
    await assert.rejects(copy('alias/backups'), { code: 'INVALID_ARGUMENT', message: /no keys/ });

    assert.deepEqual(await fixture.cloud.replicas.find(region, owner), []);
  });

  it('of a dead process that were not finished are cleared away', async () => {
    await copy();
    // No process of this boot: it died with the machine.
    const creator = formatIdentity({ ...ownIdentity(), bootId: '0'.repeat(32) });
    const dead = path.join(
      fixture.folder,
      'regions',
      region,
      `.partial-${creator}-${'0'.repeat(16)}`,
    );
    await mkdir(dead);
    await writeFile(path.join(dead, 'image'), 'half');

    const reopened = await fixture.reopen();

    const left = await readdir(path.dirname(dead));
    assert.equal((await reopened.replicas.find(region, owner)).length, 1);
    assert.equal(left.length, 1, left.join());
  });

  it('whose image is gone are told as failed', async () => {
    const replica = await copy();
    await rm(path.join(folderOf(replica), 'image'));

    const [found] = await fixture.cloud.replicas.describe(region, [replica.snapshotId]);

    assert.equal(found?.state, 'error');
    assert.match(found.stateMessage, /image is gone/);
  });

  it('whose record is damaged are an error for their session, and for nobody else', async () => {
    const replica = await copy();
    await writeFile(path.join(folderOf(replica), 'replica.json'), '{');

    const { replicas } = fixture.cloud;
    await assert.rejects(replicas.find(region, owner), { code: 'CLOUD_STATE_CORRUPT' });
    assert.deepEqual(await replicas.find(region, another), []);
    await replicas.delete(region, replica.snapshotId);
    assert.deepEqual(await replicas.find(region, owner), []);
  });

  it('are not made of an image that was cut short', async () => {
    const image = path.join(fixture.folder, 'snapshots', source.setId, `${source.snapshotId}.img`);
    await rm(image);
    await writeFile(image, 'short');

    await assert.rejects(copy(), { code: 'CLOUD_STATE_CORRUPT', message: /5 bytes long/ });

    assert.deepEqual(await readdir(path.join(fixture.folder, 'regions', region)), []);
  });
});
