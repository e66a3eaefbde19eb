import assert from 'node:assert/strict';
import { readdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import { createHookedEventStore } from '../support/engine/hooked-event-store.ts';
import { createFaultyObjectStore } from '../support/object-store/faulty-object-store.ts';
import { createQuotaObjectStore } from '../support/object-store/quota-object-store.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import { backUp, recorded } from '../support/vault/back-up.ts';
import { makeDisk, sha256OfFile } from '../support/vault/disk-image.ts';
import { addTestInstance, makeTestVault, web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault } from '../support/vault/open-test-vault.ts';
import { type PreparedVault, prepareVault } from '../support/vault/prepared-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { mountSmallFileSystem, whyNoSmallFileSystem } from '../support/vault/small-file-system.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const unable = await whyNoSmallFileSystem();
const mebibyte = 1024 * 1024;

describe('a disk that is full in the middle of a backup', () => {
  let prepared: PreparedVault;
  let folder: string;
  before(async () => {
    prepared = await prepareVault();
  });
  after(() => prepared[Symbol.asyncDispose]());
  beforeEach(async () => {
    folder = await prepared.copy();
  });

  /** What the engine itself creates, in this order; the worker's part is on a real full disk below. */
  for (const [what, key] of [
    ['the registration', /^sessions\//],
    ['the session key', /^keys\//],
    ['the plan', /\/plan-/],
    ['the job', /\/job$/],
    ['the map', /^packs\//],
    ['the manifest', /^points\//],
  ] as const) {
    it(`fails the session when there is no room for ${what}, and the next one works`, async () => {
      const full = new SnapledgerError('STORE_FULL', `no room for ${what}`);
      await using vault = await openTestVault(folder, {
        objectStore: (inner) =>
          createFaultyObjectStore(inner, [
            { method: 'create', key, when: 'before-effect', error: full },
          ]),
      });
      const session = await backUp(vault.engine);
      assert.equal(session.summary.status, 'failed');
      assert.equal(session.summary.problems[0]?.code, 'STORE_FULL');
      assert.equal((await Array.fromAsync(vault.engine.listPoints())).length, 1);
      await assertNothingLeft(vault);

      const next = await backUp(vault.engine);
      assert.equal(next.summary.status, 'succeeded');
      const [volume] = recorded(next, 'ReadPlanned')[0]?.volumes ?? [];
      assert.equal(volume?.baseSnapshotId, prepared.baseSnapshotId, 'the CBT base has not moved');
      assert.ok(next.summary.pointId !== null);
      assert.deepEqual(await restoredDigests(vault, next.summary.pointId), [prepared.diskDigest]);
    });
  }

  it('keeps the session open while there is no room to end it, and any engine ends it then', async () => {
    let quota: ReturnType<typeof createQuotaObjectStore> | undefined;
    await using vault = await openTestVault(folder, {
      objectStore: (inner) => (quota = createQuotaObjectStore(inner, { capacityBytes: 300 })),
    });
    const running = await vault.engine.startBackup({ instanceId: web1 });
    await assert.rejects(running.ended, { code: 'STORE_FULL' });
    quota?.setCapacity(mebibyte);
    const [resumed] = await vault.engine.resumeInterrupted();
    assert.equal((await resumed?.ended)?.status, 'failed');
    await assertNothingLeft(vault);
    assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
  });

  for (const type of ['SnapshotTaken', 'WorkerLaunched', 'BlocksTransferred']) {
    it(`fails the session when the ledger has no room for ${type}, and frees what it took`, async () => {
      const full = new SnapledgerError('STORE_FULL', 'no room for the ledger');
      let refusals = 0;
      await using vault = await openTestVault(folder, {
        decorate: ({ eventStore }) => ({
          eventStore: createHookedEventStore(eventStore, {
            beforeAppend: ({ events }) => {
              if (refusals > 0 || !events.some((event) => event.type === type)) return;
              refusals += 1;
              throw full;
            },
          }),
        }),
      });

      const session = await backUp(vault.engine);

      assert.equal(refusals, 1);
      assert.equal(session.summary.status, 'failed');
      assert.equal(session.summary.problems[0]?.code, 'STORE_FULL');
      await assertNothingLeft(vault);
      assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
    });
  }

  it('leaves no worker and no volume when not even its failure can be recorded, and resume ends it', async () => {
    const full = new SnapledgerError('STORE_FULL', 'no room for the ledger');
    let isFull = false;
    await using vault = await openTestVault(folder, {
      decorate: ({ eventStore }) => ({
        eventStore: createHookedEventStore(eventStore, {
          beforeAppend: ({ events }) => {
            isFull ||= events.some((event) => event.type === 'BlocksTransferred');
            if (isFull) throw full;
          },
        }),
      }),
    });
    const running = await vault.engine.startBackup({ instanceId: web1 });
    await assert.rejects(running.ended, { code: 'STORE_FULL' });
    const { sessionId } = running;
    assert.deepEqual(await vault.cloud.workers.find({ sessionId }), []);
    assert.deepEqual(await vault.cloud.volumes.find({ sessionId }), []);

    isFull = false;
    await using later = await openTestVault(folder);
    await vault.engine.close();
    const [resumed] = await later.engine.resumeInterrupted();
    assert.equal((await resumed?.ended)?.status, 'succeeded');
    await assertNothingLeft(later);
  });

  for (const [what, roomMebibytes, event] of [
    ['the snapshot', 8, 'SnapshotRequested'],
    ['the blocks', 21, 'VolumesAttached'],
  ] as const) {
    it(`fails the session when a real disk has no room for ${what}`, { skip: unable }, async () => {
      await using temporary = await makeTemporaryFolder();
      const disk = path.join(temporary.path, 'disk.img');
      await makeDisk(
        disk,
        Array.from({ length: 32 }, (_, index) => `block ${index}`),
      );
      await using fileSystem = await mountSmallFileSystem(roomMebibytes * mebibyte);
      const small = await makeTestVault(fileSystem.path);
      await using vault = await openTestVault(small);
      await addTestInstance(vault, [disk]);
      const session = await backUp(vault.engine);
      assert.equal(session.summary.status, 'failed', 'there was room');
      assert.equal(session.summary.problems[0]?.code, 'STORE_FULL');
      assert.ok(recorded(session, event).length > 0, 'it came so far');
      assert.deepEqual(await Array.fromAsync(vault.engine.listPoints()), []);
      await assertNothingLeft(vault);

      await fileSystem.resize(80 * mebibyte);
      const next = await backUp(vault.engine);
      assert.equal(next.summary.status, 'succeeded');
      assert.ok(next.summary.pointId !== null);
      assert.deepEqual(await restoredDigests(vault, next.summary.pointId), [
        await sha256OfFile(disk),
      ]);
    });
  }
});

describe('a vault on a disk without room', { skip: unable }, () => {
  it('is read as always, refuses what is to be recorded, and keeps its catalogue', async () => {
    await using temporary = await makeTemporaryFolder();
    const disk = path.join(temporary.path, 'disk.img');
    await makeDisk(disk, ['one', 'two']);
    await using fileSystem = await mountSmallFileSystem(32 * mebibyte);
    const small = await makeTestVault(fileSystem.path);
    {
      await using vault = await openTestVault(small);
      await addTestInstance(vault, [disk]);
      assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
      assert.equal((await vault.engine.listSessions()).length, 1);
    }
    const catalogue = path.join(small, 'catalogue', 'current');
    const [file = ''] = await readdir(catalogue);
    const { ino } = await stat(path.join(catalogue, file));
    const leaveRoom = async (sizeBytes: number): Promise<void> => {
      const { bsize, blocks, bavail } = await statfs(fileSystem.path);
      await fileSystem.resize((blocks - bavail) * bsize + sizeBytes);
    };

    await leaveRoom(0);
    {
      await using vault = await openTestVault(small);
      assert.equal((await vault.engine.listSessions()).length, 1);
      assert.equal((await Array.fromAsync(vault.engine.listPoints())).length, 1);
      await assert.rejects(vault.engine.startBackup({ instanceId: web1 }), { code: 'STORE_FULL' });
    }
    assert.equal((await stat(path.join(catalogue, file))).ino, ino, 'the same file');

    // For what a restore records, and not for rows of it.
    await leaveRoom(160 * 1024);
    {
      await using vault = await openTestVault(small);
      const [point] = await Array.fromAsync(vault.engine.listPoints());
      assert.ok(point !== undefined);
      assert.deepEqual(await restoredDigests(vault, point.pointId), [await sha256OfFile(disk)]);
    }

    await fileSystem.resize(80 * mebibyte);
    await using vault = await openTestVault(small);
    assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
    assert.equal((await stat(path.join(catalogue, file))).ino, ino);
  });
});
