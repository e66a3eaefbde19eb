import assert from 'node:assert/strict';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { SessionSummary } from '../../src/engine/engine.ts';
import {
  createHookedEventStore,
  type EventStoreHooks,
} from '../support/engine/hooked-event-store.ts';
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
    await addTestInstance(vault, [disk], { keep: 1, keepPoints: 1, transport: 'direct' });
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

  /** With an object of which little is needed: two of its eight blocks. */
  const makeSparse = async (): Promise<void> => {
    await using vault = await openTestVault(folder);
    await backUp(vault.engine);
    for (const index of [0, 1, 2, 3, 4, 5]) {
      await writeBlock(disk, index, noise(`second ${index}`, blockSizeBytes));
    }
    await backUp(vault.engine);
    await finished(await vault.engine.startCollection());
  };

  const openWith = (hooks: EventStoreHooks): Promise<OpenTestVault> =>
    openTestVault(folder, {
      decorate: ({ eventStore }) => ({ eventStore: createHookedEventStore(eventStore, hooks) }),
    });

  const newestOfRepacking = async ({ engine }: OpenTestVault): Promise<SessionSummary> => {
    const sessions = await engine.listSessions();
    return sessions.findLast(({ kind }) => kind === 'repacking') ?? assert.fail('there is one');
  };

  it('leaves the instance to backups, and is left alone by whoever resumes', async () => {
    await makeSparse();
    const reached = Promise.withResolvers<undefined>();
    const goOn = Promise.withResolvers<undefined>();
    await using one = await openWith({
      beforeAppend: async ({ events }) => {
        if (!events.some(({ type }) => type === 'DataMoved')) return;
        reached.resolve(undefined);
        await goOn.promise;
      },
    });
    const running = await one.engine.startRepack({ instanceId: web1, maxBytes });
    await reached.promise;
    try {
      await using other = await openTestVault(folder);
      const { status, instanceId, condition } = await newestOfRepacking(other);
      assert.deepEqual([status, instanceId, condition], ['running', web1, 'at-work']);
      assert.deepEqual(await other.engine.resumeInterrupted({ instanceId: web1 }), []);
      assert.deepEqual(await other.engine.resumeInterrupted(), []);
      await writeBlock(disk, 7, noise('third', blockSizeBytes));
      const backup = await backUp(other.engine);
      assert.equal(backup.summary.status, 'succeeded');
    } finally {
      goOn.resolve(undefined);
    }
    assert.equal((await running.ended).status, 'succeeded');
  });

  it('is listed under its instance from its first event on', async () => {
    const reached = Promise.withResolvers<undefined>();
    const goOn = Promise.withResolvers<undefined>();
    await using vault = await openWith({
      beforeAppend: async ({ events }) => {
        if (!events.some(({ type }) => type === 'RepackPlanned')) return;
        reached.resolve(undefined);
        await goOn.promise;
      },
    });
    await backUp(vault.engine);
    const running = await vault.engine.startRepack({ instanceId: web1, maxBytes });
    await reached.promise;
    try {
      const [newest] = (await vault.engine.listSessions({ instanceId: web1 })).slice(-1);
      assert.equal(newest?.sessionId, running.sessionId);
    } finally {
      goOn.resolve(undefined);
    }
    assert.equal((await running.ended).instanceId, web1);
  });

  it('is recorded as failed when its engine has died, and holds up nobody', async () => {
    await makeSparse();
    {
      let isDead = false;
      await using dying = await openWith({
        beforeAppend: ({ events }) => {
          isDead ||= events.some(({ type }) => type === 'DataMoved');
          if (isDead) throw new Error('the machine is gone');
        },
      });
      const running = await dying.engine.startRepack({ instanceId: web1, maxBytes });
      await assert.rejects(running.ended, /the machine is gone/);
    }
    await using vault = await openTestVault(folder);
    assert.equal((await newestOfRepacking(vault)).condition, 'interrupted');
    assert.deepEqual(await vault.engine.resumeInterrupted({ instanceId: web1 }), []);
    const { status, problems } = await newestOfRepacking(vault);
    assert.equal(status, 'failed');
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['INTERRUPTED'],
    );
    assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
    const again = await finished(await vault.engine.startRepack({ instanceId: web1, maxBytes }));
    assert.equal(again.summary.status, 'succeeded');
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
