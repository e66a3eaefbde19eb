import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readFile, rename, rm, stat, truncate, utimes } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { localCloudLimits } from '../../../src/adapters/local-cloud/local-cloud-limits.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import type { SnapshotId, SnapshotSetId } from '../../../src/domain/identifiers.ts';
import type { SnapshotProgress } from '../../../src/ports/cloud/snapshots.ts';
import {
  clockWhere,
  eventually,
  type LocalCloudFixture,
  openFixture,
  owner,
  snapshotAll,
  snapshotOne,
} from '../../support/local-cloud/local-cloud-fixture.ts';

const creatorProgram = fileURLToPath(
  new URL('../../support/local-cloud/snapshot-creator.ts', import.meta.url),
);

describe('snapshots of a local cloud', () => {
  let fixture: LocalCloudFixture;
  beforeEach(async () => {
    fixture = await openFixture();
  });
  afterEach(() => fixture.dispose());

  const addInstance = async (...sizesBytes: readonly number[]) => {
    const volumes = sizesBytes.map(async (sizeBytes, n) => ({
      device: `/dev/xvd${'abc'[n] ?? ''}`,
      imagePath: await fixture.makeDisk(`${'abc'[n] ?? ''}.img`, sizeBytes),
    }));
    return fixture.cloud.addInstance({
      instanceId: owner.instanceId,
      volumes: await Promise.all(volumes),
    });
  };
  const snapshotsFolder = () => path.join(fixture.folder, 'snapshots');
  const setsOnDisk = () => readdir(snapshotsFolder());
  const imagePath = async (snapshotId: SnapshotId): Promise<string> => {
    const [set] = await fixture.cloud.snapshots.describe([snapshotId]);
    return path.join(snapshotsFolder(), set?.setId ?? '', `${snapshotId}.img`);
  };

  describe('whose creation is aborted', () => {
    /** Holes only, and reading them takes many seconds. */
    const hugeSizeBytes = 256 * 1024 ** 3;
    const begin = async (
      signal: AbortSignal,
      sizeBytes = hugeSizeBytes,
      onProgress: (progress: SnapshotProgress) => void = () => undefined,
    ) => {
      const { instanceId, volumes, configuration } = await addInstance(sizeBytes);
      const setId = systemRandom.uuid() as SnapshotSetId;
      return () =>
        fixture.cloud.snapshots.createSet(
          { setId, owner, instanceId, volumes, policyId: null, volumeTags: 'leave', configuration },
          { signal, onProgress },
        );
    };

    it('have told by then how much of the disks was copied', async () => {
      const controller = new AbortController();
      const told: SnapshotProgress[] = [];
      const create = await begin(controller.signal, hugeSizeBytes, (progress) => {
        told.push(progress);
        if (told.length === 2) controller.abort(new RangeError('enough'));
      });
      await assert.rejects(create(), RangeError);
      const [first, second] = told.map(({ bytesDone }) => bytesDone);
      assert.ok(first !== undefined && second !== undefined);
      assert.ok(0 < first && first < second && second < hugeSizeBytes, `${first}, ${second}`);
      assert.deepEqual(new Set(told.map(({ bytesTotal }) => bytesTotal)), new Set([hugeSizeBytes]));
    });

    it('end in the middle of a copy within a second or so, and leave nothing', async () => {
      const controller = new AbortController();
      const creation = (await begin(controller.signal))();
      await eventually(async () => (await setsOnDisk()).length > 0);
      await sleep(300);
      const abortedAt = performance.now();
      controller.abort(new RangeError('enough'));
      await assert.rejects(creation, RangeError);
      const tookMs = performance.now() - abortedAt;
      assert.ok(tookMs < 5_000, `it took ${tookMs} ms on a busy machine`);
      assert.deepEqual(await setsOnDisk(), []);
    });

    it('end while they wait for their turn, and hold up nobody', async () => {
      const controller = new AbortController();
      const endOthers = new AbortController();
      const create = await begin(endOthers.signal);
      const { instanceId, volumes, configuration } = await fixture.cloud.instances.describe(
        owner.instanceId,
      );
      const others = Array.from({ length: localCloudLimits.capturesAtOnceMax }, () => {
        const setId = systemRandom.uuid() as SnapshotSetId;
        const volumeTags = 'leave';
        const request = {
          setId,
          owner,
          instanceId,
          volumes,
          policyId: null,
          volumeTags,
          configuration,
        } as const;
        return fixture.cloud.snapshots.createSet(request, { signal: endOthers.signal });
      });
      const setId = systemRandom.uuid() as SnapshotSetId;
      const volumeTags = 'leave';
      const request = {
        setId,
        owner,
        instanceId,
        volumes,
        policyId: null,
        volumeTags,
        configuration,
      } as const;
      const { signal } = controller;
      const waiting = fixture.cloud.snapshots.createSet(request, { signal });
      const next = create();
      controller.abort(new RangeError('enough'));
      await assert.rejects(waiting, RangeError);
      endOthers.abort(new TypeError('all of them'));
      for (const other of await Promise.allSettled([...others, next])) {
        assert.ok(other.status === 'rejected' && other.reason instanceof TypeError);
      }
      assert.deepEqual(await setsOnDisk(), []);
      await truncate(fixture.diskPath('a.img'), blockSizeBytes);
      const later = await snapshotAll(
        fixture.cloud,
        await fixture.cloud.instances.describe(owner.instanceId),
      );
      assert.equal(later.length, 1, 'there is room for another one');
    });

    it('begin nothing when that was before', async () => {
      const create = await begin(AbortSignal.abort(new RangeError('enough')), blockSizeBytes);
      await assert.rejects(create(), RangeError);
      assert.deepEqual(await setsOnDisk(), []);
    });
  });

  it('hold what the disk held, whatever is written to it afterwards', async () => {
    const instance = await addInstance(4 * blockSizeBytes + 512);
    await fixture.writeBlocks('a.img', { 0: 1, 2: 2, 4: 3 });
    const before = await readFile(fixture.diskPath('a.img'));

    const { snapshotId } = await snapshotOne(fixture.cloud, instance);
    await fixture.writeBlocks('a.img', { 0: 9, 1: 9, 4: 0 });

    const image = await imagePath(snapshotId);
    assert.ok(before.equals(await readFile(image)));
    assert.equal((await stat(image)).mode & 0o777, 0o400);
  });

  it('stay as sparse as their disks, also within a block', async () => {
    // Its end is no whole page.
    const sizeBytes = 511 * blockSizeBytes + 1536;
    const instance = await addInstance(sizeBytes);
    await fixture.writeBlocks('a.img', { 100: 1 });
    const piece = Buffer.alloc(4096, 7);
    const handle = await open(fixture.diskPath('a.img'), 'r+');
    await handle.write(piece, 0, piece.length, 200 * blockSizeBytes + 64 * 1024);
    await handle.close();

    const { snapshotId } = await snapshotOne(fixture.cloud, instance);

    const image = await imagePath(snapshotId);
    const { size, blocks } = await stat(image);
    assert.equal(size, sizeBytes);
    assert.ok(blocks * 512 <= blockSizeBytes + 128 * 1024, `${blocks * 512} bytes are allocated`);
    assert.ok((await readFile(fixture.diskPath('a.img'))).equals(await readFile(image)));
  });

  it('survive a restart', async () => {
    const instance = await addInstance(blockSizeBytes, blockSizeBytes);
    const taken = await snapshotAll(fixture.cloud, instance);

    const reopened = await fixture.reopen();

    assert.deepEqual(await reopened.snapshots.listOf(instance.instanceId), taken);
    assert.deepEqual(await reopened.snapshots.find(owner), taken);
  });

  it('of a removed instance stay', async () => {
    const instance = await addInstance(blockSizeBytes);
    const taken = await snapshotAll(fixture.cloud, instance);

    await fixture.cloud.removeInstance(instance.instanceId);

    assert.deepEqual(await fixture.cloud.snapshots.listOf(instance.instanceId), taken);
  });

  it('are taken once for each set id', async () => {
    const instance = await addInstance(blockSizeBytes);
    const [taken] = await snapshotAll(fixture.cloud, instance);
    assert.ok(taken !== undefined);

    const { setId } = taken;
    const again = fixture.cloud.snapshots.createSet({
      ...instance,
      policyId: null,
      volumeTags: 'leave',
      setId,
      owner,
    });

    await assert.rejects(again, (error) => hasErrorCode(error, 'INVALID_ARGUMENT'));
    assert.deepEqual(await fixture.cloud.snapshots.find(owner), [taken]);
  });

  it('are all there or not at all: one missing disk leaves nothing of the set', async () => {
    const instance = await addInstance(blockSizeBytes, blockSizeBytes);
    await rm(fixture.diskPath('b.img'));

    await assert.rejects(snapshotAll(fixture.cloud, instance), (error) =>
      hasErrorCode(error, 'DISK_MISSING'),
    );

    assert.deepEqual(await setsOnDisk(), []);
  });

  describe('are refused, and leave nothing, when meanwhile the disk', () => {
    // Each happens again with every attempt: where there is reflink, cloning is tried a few times.
    const events: Readonly<Record<string, (image: string, attempt: number) => Promise<void>>> = {
      'is written': (_, attempt) => fixture.writeBlocks('a.img', { 3: attempt }),
      'is written and its time set back': async (image, attempt) => {
        const { atime, mtime } = await stat(image);
        await fixture.writeBlocks('a.img', { 3: attempt });
        await utimes(image, atime, mtime);
      },
      shrinks: (image, attempt) => truncate(image, (8 - attempt) * blockSizeBytes),
      grows: (image, attempt) => truncate(image, (8 + attempt) * blockSizeBytes),
      'is replaced': async (image) => {
        await rename(await fixture.makeDisk('other.img', 8 * blockSizeBytes), image);
      },
      vanishes: (image) => rm(image, { force: true }),
    };
    for (const [name, event] of Object.entries(events)) {
      it(name, async () => {
        const instance = await addInstance(8 * blockSizeBytes, blockSizeBytes);
        const clock = clockWhere((attempt) => event(fixture.diskPath('a.img'), attempt));
        const cloud = await fixture.reopen({ clock });

        await assert.rejects(snapshotAll(cloud, instance), (error) => {
          assert.ok(hasErrorCode(error, 'DISK_CHANGED'), String(error));
          assert.ok(error.message.includes(fixture.diskPath('a.img')));
          assert.match(error.remedy ?? '', /reflink/);
          return true;
        });

        assert.deepEqual(await setsOnDisk(), []);
      });
    }
  });

  it('cannot be made of a disk that outgrew the room for files, and leave nothing', async () => {
    await addInstance(8 * blockSizeBytes);
    await fixture.writeBlocks('a.img', { 6: 1 });

    // The file size limit of a process is the only lack of room that a test can bring about.
    const command = `ulimit -f 2048; exec "$@"`;
    const creator = spawn(
      'bash',
      ['-c', command, 'bash', process.execPath, creatorProgram, fixture.folder, 'web-1'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const output = (await Array.fromAsync(creator.stdout)).join('');

    assert.equal(output, 'ready\nSTORE_FULL');
    assert.deepEqual(await setsOnDisk(), []);
  });

  it('that a killed process was making are swept by the next open, and by no earlier one', async () => {
    await addInstance(256 * blockSizeBytes);
    const blocks = Array.from({ length: 128 }, (_, index): [number, number] => [index, index + 1]);
    await fixture.writeBlocks('a.img', Object.fromEntries(blocks));
    const creator = spawn(process.execPath, [creatorProgram, fixture.folder, 'web-1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const partials = async () => (await setsOnDisk()).filter((name) => name.startsWith('.partial'));
    await eventually(async () => {
      const [name] = await partials();
      if (name === undefined) return false;
      const files = await readdir(path.join(snapshotsFolder(), name)).catch(() => []);
      return files.some((file) => file.endsWith('.img'));
    });
    creator.kill('SIGSTOP');
    const whileAlive = await partials();
    assert.equal(whileAlive.length, 1);
    await fixture.reopen();
    assert.deepEqual(await partials(), whileAlive);
    creator.kill('SIGKILL');
    await once(creator, 'exit');

    const reopened = await fixture.reopen();

    assert.deepEqual(await partials(), []);
    // What had been finished is whole.
    for (const { snapshotId, sizeBytes } of await reopened.snapshots.find(owner)) {
      assert.equal((await stat(await imagePath(snapshotId))).size, sizeBytes);
    }
  });

  it('are deleted one by one, and the set with the last', async () => {
    const instance = await addInstance(blockSizeBytes, blockSizeBytes);
    const [one, other] = await snapshotAll(fixture.cloud, instance);
    assert.ok(one !== undefined && other !== undefined);

    await fixture.cloud.snapshots.delete(one.snapshotId);
    assert.deepEqual(await fixture.cloud.snapshots.find(owner), [other]);
    await fixture.cloud.snapshots.delete(other.snapshotId);

    assert.deepEqual(await setsOnDisk(), []);
  });

  it('whose deletion was interrupted are gone, and the rest of it is done by the next open', async () => {
    const instance = await addInstance(blockSizeBytes);
    const { snapshotId } = await snapshotOne(fixture.cloud, instance);

    await rm(await imagePath(snapshotId));
    assert.deepEqual(await fixture.cloud.snapshots.find(owner), []);
    await fixture.reopen();

    assert.deepEqual(await setsOnDisk(), []);
  });

  it('that were cut short are never given to a worker', async () => {
    const instance = await addInstance(4 * blockSizeBytes);
    const { snapshotId } = await snapshotOne(fixture.cloud, instance);
    await truncate(await imagePath(snapshotId), blockSizeBytes);

    const creation = fixture.cloud.volumes.create({ snapshotId, owner, clientToken: 'token' });

    await assert.rejects(creation, (error) => hasErrorCode(error, 'CLOUD_STATE_CORRUPT'));
    assert.deepEqual(await fixture.cloud.volumes.find(owner), []);
  });
});
