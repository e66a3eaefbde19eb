import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { imageFolder } from '../../src/adapters/image-folder/image-folder.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId, PointId } from '../../src/domain/identifiers.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import {
  backUp,
  blockTotals,
  finished,
  type FinishedSession,
  readModes,
  recorded,
} from '../support/vault/back-up.ts';
import { makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import {
  addTestInstance,
  makeTestVault,
  setTestPolicy,
  type TestPolicy,
} from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const run = promisify(execFile);
const noExt4 = await whyNoExt4();
const byWorker: TestPolicy = { transport: 'worker' };

describe('the restored images are the disks as they were, for', () => {
  let temporary: TemporaryFolder;
  let vault: OpenTestVault;
  let instances = 0;

  before(async () => {
    temporary = await makeTemporaryFolder();
    vault = await openTestVault(await makeTestVault(temporary.path));
  });
  after(async () => {
    await vault[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });

  /** An instance with disks of its own, read without a worker unless its policy says otherwise. */
  class TestMachine {
    readonly instanceId: InstanceId;
    readonly disks: readonly string[];
    /** Digests of the disks at each point. */
    readonly #points = new Map<PointId, readonly string[]>();

    private constructor(instanceId: InstanceId, disks: readonly string[]) {
      this.instanceId = instanceId;
      this.disks = disks;
    }

    static async with(
      makeDisks: readonly ((imagePath: string) => Promise<void>)[],
      policy: TestPolicy = {},
    ): Promise<TestMachine> {
      instances += 1;
      const instanceId = `machine-${instances}` as InstanceId;
      const disks: string[] = [];
      for (const [index, make] of makeDisks.entries()) {
        const disk = path.join(temporary.path, `${instanceId}-${index}.img`);
        await make(disk);
        disks.push(disk);
      }
      await addTestInstance(vault, disks, { transport: 'direct', ...policy }, instanceId);
      return new TestMachine(instanceId, disks);
    }

    get disk(): string {
      return this.disks[0] ?? assert.fail('a machine has a disk');
    }

    async backUp(): Promise<FinishedSession> {
      const session = await backUp(vault.engine, { instanceId: this.instanceId });
      assert.equal(session.summary.status, 'succeeded', JSON.stringify(session.summary.problems));
      const { pointId } = session.summary;
      const digests = await Promise.all(this.disks.map(sha256OfFile));
      if (pointId !== null) this.#points.set(pointId, digests);
      return session;
    }

    /** Every point, the old ones included, gives the disks as they were then. */
    async assertFaithful(): Promise<void> {
      for (const [pointId, digests] of this.#points) {
        assert.deepEqual(await restoredDigests(vault, pointId), digests);
      }
      await assertNothingLeft(vault);
    }
  }

  it('a real ext4 file system', { skip: noExt4 }, async () => {
    const content = path.join(temporary.path, 'content');
    await mkdir(content);
    await writeFile(path.join(content, 'text'), 'something to read\n'.repeat(50_000));
    await writeFile(path.join(content, 'noise'), noise('noise', 3_000_000));
    const machine = await TestMachine.with(
      [
        async (image) => {
          await run('mkfs.ext4', ['-q', '-F', '-d', content, image, '16M']);
        },
      ],
      byWorker,
    );
    await machine.backUp();
    await run('debugfs', ['-w', '-R', `write ${path.join(content, 'text')} copy`, machine.disk]);
    const second = await machine.backUp();
    assert.deepEqual(readModes(second), ['changed']);
    assert.ok(blockTotals(second).read < 32, 'not all of the 32 blocks were read');
    await machine.assertFaithful();
  });

  for (const [name, sizeBytes] of [
    ['a size that is no multiple of a block', 3 * blockSizeBytes + 65_536],
    ['a size of an odd number of sectors', 512 * 3001],
    ['a disk of one sector', 512],
  ] as const) {
    it(name, async () => {
      const machine = await TestMachine.with([
        (image) => writeFile(image, noise('as it was', sizeBytes)),
      ]);
      await machine.backUp();
      const last = Math.ceil(sizeBytes / blockSizeBytes) - 1;
      await writeBlock(machine.disk, last, noise('new end', blockSizeBytes));
      const second = await machine.backUp();
      assert.deepEqual(readModes(second), ['changed']);
      assert.equal(blockTotals(second).read, 1, 'only the last block had changed');
      assert.equal(blockTotals(second).stored, 1);
      await machine.assertFaithful();
    });
  }

  it('a disk on which nothing was ever written', async () => {
    const machine = await TestMachine.with([(image) => makeDisk(image, [null, null, null])]);
    const first = await machine.backUp();
    assert.equal(blockTotals(first).stored, 0);
    await machine.assertFaithful();
  });

  it('a disk on which zeros were written', async () => {
    const machine = await TestMachine.with([
      (image) => writeFile(image, Buffer.alloc(3 * blockSizeBytes + 512)),
    ]);
    assert.equal(blockTotals(await machine.backUp()).stored, 0);
    await machine.assertFaithful();
  });

  it('data that became zeros, and zeros that became data', async () => {
    const machine = await TestMachine.with([(image) => makeDisk(image, ['a', null, 'c'])]);
    await machine.backUp();
    await writeBlock(machine.disk, 0, Buffer.alloc(blockSizeBytes));
    await writeBlock(machine.disk, 1, noise('b', blockSizeBytes));
    const second = await machine.backUp();
    assert.equal(blockTotals(second).zero, 1);
    assert.equal(blockTotals(second).stored, 1);
    await machine.assertFaithful();
  });

  it('blocks that moved, which are stored once', async () => {
    const machine = await TestMachine.with([(image) => makeDisk(image, ['a', 'b', 'a', 'a'])]);
    const first = await machine.backUp();
    assert.equal(blockTotals(first).stored, 2);
    assert.equal(blockTotals(first).deduplicated, 2);
    await writeBlock(machine.disk, 1, noise('a', blockSizeBytes));
    await writeBlock(machine.disk, 2, noise('b', blockSizeBytes));
    await machine.backUp();
    await machine.assertFaithful();
  });

  it('a disk that has not changed, without launching a worker', async () => {
    const machine = await TestMachine.with([(image) => makeDisk(image, ['a', 'b'])], byWorker);
    await machine.backUp();
    const second = await machine.backUp();
    assert.deepEqual(readModes(second), ['changed']);
    assert.deepEqual(recorded(second, 'WorkerLaunched'), []);
    assert.ok(second.summary.pointId !== null, 'there is a point all the same');
    await machine.assertFaithful();
  });

  it('a volume that has grown', async () => {
    const machine = await TestMachine.with([(image) => makeDisk(image, ['a', 'b'], 700_416)]);
    await machine.backUp();
    await truncate(machine.disk, 5 * blockSizeBytes + 512);
    await writeBlock(machine.disk, 4, noise('e', blockSizeBytes));
    const second = await machine.backUp();
    assert.deepEqual(readModes(second), ['allocated: volume-resized']);
    await writeBlock(machine.disk, 0, noise('a2', blockSizeBytes));
    const third = await machine.backUp();
    assert.deepEqual(readModes(third), ['changed']);
    assert.equal(blockTotals(third).read, 1);
    await machine.assertFaithful();
  });

  it('several volumes at once', async () => {
    const machine = await TestMachine.with(
      [
        (image) => makeDisk(image, ['a', 'b']),
        (image) => makeDisk(image, ['c', null, 'e'], 2 * blockSizeBytes + 1024),
        (image) => makeDisk(image, [null]),
      ],
      byWorker,
    );
    await machine.backUp();
    await writeBlock(machine.disks[1] ?? '', 1, noise('new', blockSizeBytes));
    const second = await machine.backUp();
    assert.deepEqual(readModes(second), ['changed', 'changed', 'changed']);
    assert.equal(blockTotals(second).read, 1);
    await machine.assertFaithful();
  });

  it('changed block tracking that is off: all is read, only what changed is stored', async () => {
    const machine = await TestMachine.with([(image) => makeDisk(image, ['a', 'b', 'c'])], {
      changedBlockTracking: 'off',
    });
    await machine.backUp();
    await writeBlock(machine.disk, 2, noise('c2', blockSizeBytes));
    const second = await machine.backUp();
    assert.deepEqual(readModes(second), ['allocated: cbt-disabled']);
    assert.deepEqual(blockTotals(second), {
      read: 3,
      unchanged: 2,
      zero: 0,
      deduplicated: 0,
      stored: 1,
    });
    await machine.assertFaithful();
  });

  it('image-level backup that was off first', async () => {
    const machine = await TestMachine.with([(image) => makeDisk(image, ['a', 'b'])], {
      level: 'off',
    });
    const snapshotOnly = await machine.backUp();
    assert.equal(snapshotOnly.summary.scope, 'snapshot-only');
    assert.equal(snapshotOnly.summary.pointId, null);
    await setTestPolicy(vault, { level: 'on', transport: 'direct' }, machine.instanceId);
    assert.deepEqual(readModes(await machine.backUp()), ['allocated: first-backup']);
    await writeBlock(machine.disk, 0, noise('a2', blockSizeBytes));
    assert.deepEqual(readModes(await machine.backUp()), ['changed']);
    await machine.assertFaithful();
  });

  it('a sparse disk, which is restored sparse', async () => {
    const machine = await TestMachine.with([
      (image) => makeDisk(image, [null, 'b'], 256 * blockSizeBytes),
    ]);
    const { summary } = await machine.backUp();
    assert.ok(summary.pointId !== null);
    const folder = path.join(temporary.path, 'sparse');
    const target = imageFolder({ folder, existing: 'refuse' });
    await finished(await vault.engine.startRestore({ pointId: summary.pointId, target }));
    const { size, blocks } = await stat(path.join(folder, 'sda.img'));
    assert.equal(size, 256 * blockSizeBytes);
    assert.ok(blocks * 512 <= 2 * blockSizeBytes, `128 MiB take ${blocks * 512} bytes of disk`);
  });
});

async function whyNoExt4(): Promise<string | false> {
  try {
    await run('mkfs.ext4', ['-V']);
    await run('debugfs', ['-V']);
    return false;
  } catch {
    return 'mkfs.ext4 and debugfs of e2fsprogs are not installed';
  }
}
