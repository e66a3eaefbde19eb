import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { imageFolder } from '../../src/adapters/image-folder/image-folder.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { InstanceId, PointId } from '../../src/domain/identifiers.ts';
import type { SessionSummary } from '../../src/engine/engine.ts';
import type { SnapshotBlocks } from '../../src/ports/cloud/snapshot-blocks.ts';
import {
  createHookedEventStore,
  type EventStoreHooks,
} from '../support/engine/hooked-event-store.ts';
import { createHookedObjectStore } from '../support/object-store/hooked-object-store.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import {
  backUp,
  finished,
  type FinishedSession,
  readModes,
  recorded,
} from '../support/vault/back-up.ts';
import { flipBit, makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { findPack } from '../support/vault/find-packs.ts';
import { addTestInstance, makeTestVault, web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const request = { instanceId: web1, depth: 'deep' } as const;

describe('a repair', () => {
  let temporary: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let folder: string;
  let disk: string;
  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    folder = await makeTestVault(temporary.path);
    disk = path.join(temporary.path, 'disk.img');
    await makeDisk(disk, ['one', 'two', 'three']);
    await using vault = await openTestVault(folder);
    await addTestInstance(vault, [disk], { keep: 1, transport: 'direct' });
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  const pointOf = ({ summary }: Pick<FinishedSession, 'summary'>): PointId => {
    assert.ok(summary.pointId !== null);
    return summary.pointId;
  };
  const repair = async ({ engine }: OpenTestVault): Promise<FinishedSession> =>
    finished(await engine.startRepair(request));
  const openWith = (hooks: EventStoreHooks): Promise<OpenTestVault> =>
    openTestVault(folder, {
      decorate: ({ eventStore }) => ({ eventStore: createHookedEventStore(eventStore, hooks) }),
    });
  /** Snapshots are there, and cannot be read. */
  const openBlind = (): Promise<OpenTestVault> => {
    const snapshotBlocks: SnapshotBlocks = {
      open: () => Promise.reject(new SnapledgerError('DISK_UNREADABLE', 'the snapshot is cold')),
    };
    return openTestVault(folder, {
      decorate: ({ cloud }) => ({ cloud: { ...cloud, snapshotBlocks } }),
    });
  };
  const newestRepair = async ({ engine }: OpenTestVault): Promise<SessionSummary> =>
    (await engine.listSessions()).findLast(({ kind }) => kind === 'repair') ??
    assert.fail('there is one');

  /** Two points, which share a block that is damaged; what they were made of. */
  const damaged = async (
    vault: OpenTestVault,
  ): Promise<{ readonly points: readonly PointId[]; readonly digests: readonly string[] }> => {
    const first = await backUp(vault.engine);
    const digests = [await sha256OfFile(disk)];
    await writeBlock(disk, 0, noise('changed', blockSizeBytes));
    const second = await backUp(vault.engine);
    digests.push(await sha256OfFile(disk));
    const { file } = await findPack(folder, pointOf(first), 'data');
    await flipBit(file, -100);
    return { points: [pointOf(first), pointOf(second)], digests };
  };

  it('heals from the snapshot that is still there, and every point that shares the block', async () => {
    await using vault = await openTestVault(folder);
    const { points, digests } = await damaged(vault);

    const plan = await vault.engine.planRepair(request);
    assert.deepEqual(plan.damagedPoints, points);
    assert.equal(plan.pointsChecked, 2);
    assert.deepEqual([plan.healable?.blocksDamaged, plan.healable?.blocksFromElsewhere], [1, 1]);
    await assert.rejects(restoredDigests(vault, points[0] ?? assert.fail()), {
      code: 'POINT_DAMAGED',
    });

    const session = await repair(vault);

    assert.equal(session.summary.status, 'succeeded');
    assert.equal(session.summary.kind, 'repair');
    assert.equal(session.summary.instanceId, web1);
    assert.deepEqual(
      recorded(session, 'DamageFound').map(({ pointId, firstBlock }) => [pointId, firstBlock]),
      points.map((pointId) => [pointId, 2]),
    );
    assert.deepEqual(recorded(session, 'RepairPlanned'), [{ instanceId: web1, ...plan.healable }]);
    const [healed] = recorded(session, 'DamageHealed');
    assert.equal(healed?.pointsHealed, 2);
    assert.equal(healed.blocksFromElsewhere, 1);
    assert.deepEqual(recorded(session, 'PointsMarked'), [
      { instanceId: web1, sound: points, damaged: [] },
    ]);
    for (const [n, pointId] of points.entries()) {
      assert.deepEqual(await restoredDigests(vault, pointId), [digests[n]]);
    }
    for await (const one of vault.engine.verify({ depth: 'deep' })) {
      assert.equal(one.kind, 'progress');
    }
    await assertNothingLeft(vault);
    await writeBlock(disk, 1, noise('again', blockSizeBytes));
    assert.deepEqual(readModes(await backUp(vault.engine)), ['changed'], 'the point is built on');
  });

  it('heals from a full point, when the snapshot does not have the block any more', async () => {
    await using vault = await openTestVault(folder);
    const { points, digests } = await damaged(vault);
    await backUp(vault.engine, { pointKind: 'full' });
    await writeBlock(disk, 2, noise('over', blockSizeBytes));
    // Keeps one set, in which the block is another one.
    await backUp(vault.engine);

    const session = await repair(vault);

    const [healed] = recorded(session, 'DamageHealed');
    assert.deepEqual([healed?.blocksFromCopies, healed?.blocksFromElsewhere], [1, 0]);
    for (const [n, pointId] of points.entries()) {
      assert.deepEqual(await restoredDigests(vault, pointId), [digests[n]]);
    }
  });

  describe('of what is nowhere any more', () => {
    /** The disk has changed where the block was, and no snapshot of before is left. */
    const lost = async (
      vault: OpenTestVault,
    ): Promise<{ readonly points: readonly PointId[]; readonly young: PointId }> => {
      const { points } = await damaged(vault);
      await writeBlock(disk, 2, noise('over', blockSizeBytes));
      return { points, young: pointOf(await backUp(vault.engine)) };
    };

    it('marks the points that it hurts, and no other', async () => {
      await using vault = await openTestVault(folder);
      const { points, young } = await lost(vault);
      const session = await repair(vault);
      assert.equal(session.summary.status, 'failed');
      assert.equal(session.summary.problems[0]?.code, 'POINT_DAMAGED');
      assert.equal(recorded(session, 'DamageHealed').length, 0);
      assert.deepEqual(
        recorded(session, 'DamageLeft').map(({ pointId, firstBlock }) => [pointId, firstBlock]),
        points.map((pointId) => [pointId, 2]),
      );
      assert.deepEqual(recorded(session, 'PointsMarked'), [
        { instanceId: web1, sound: [young], damaged: points },
      ]);
      assert.deepEqual([...(await vault.engine.damagedPoints())], points);
      await using other = await openTestVault(folder);
      assert.deepEqual([...(await other.engine.damagedPoints())], points, 'it is in the ledger');
    });

    it('restores everything else, and gives no zeros for what is lost without saying so', async () => {
      await using vault = await openTestVault(folder);
      const { points, young } = await lost(vault);
      await repair(vault);
      const to = path.join(temporary.path, 'restored');
      const [pointId = assert.fail()] = points;
      const target = imageFolder({ folder: to, existing: 'refuse' });
      const restore = await finished(await vault.engine.startRestore({ pointId, target }));
      assert.equal(restore.summary.problems[0]?.code, 'POINT_DAMAGED');
      const list: unknown = JSON.parse(
        await readFile(path.join(to, 'sda.img.damaged.json'), 'utf8'),
      );
      assert.ok(Array.isArray(list) && list.length === 1);
      const image = await readFile(path.join(to, 'sda.img.damaged'));
      assert.ok(image.subarray(0, blockSizeBytes).equals(noise('one', blockSizeBytes)));
      assert.deepEqual(await restoredDigests(vault, young), [await sha256OfFile(disk)]);
    });

    it('takes the mark away when a later repair finds it', async () => {
      await using vault = await openTestVault(folder);
      const { points } = await lost(vault);
      await repair(vault);
      // The disk is as it was, and so is the next full point.
      await writeBlock(disk, 2, noise('three', blockSizeBytes));
      await backUp(vault.engine, { pointKind: 'full' });
      const again = await finished(
        await vault.engine.startRepair({ instanceId: web1, depth: 'known' }),
      );
      assert.equal(again.summary.status, 'succeeded');
      assert.equal((await vault.engine.damagedPoints()).size, 0);
      await restoredDigests(vault, points[0] ?? assert.fail());
    });

    it('takes the mark away when a verification finds the object sound', async () => {
      await using vault = await openTestVault(folder);
      const { points } = await lost(vault);
      await repair(vault);
      const { file } = await findPack(folder, points[0] ?? assert.fail(), 'data');
      await flipBit(file, -100);
      await finished(await vault.engine.startVerification({ maxBytes: 2 ** 40 }));
      assert.equal((await vault.engine.damagedPoints()).size, 0);
    });

    it('makes the next backup read in full when the newest point is hurt, with the reason', async () => {
      await using vault = await openTestVault(folder);
      await damaged(vault);
      {
        await using blind = await openBlind();
        const { unreadSnapshots } = await blind.engine.planRepair(request);
        assert.equal(unreadSnapshots, 'the snapshot is cold');
        const { summary } = await repair(blind);
        assert.match(summary.problems[0]?.message ?? '', /could not be read: the snapshot is cold/);
      }
      const next = await backUp(vault.engine);
      assert.deepEqual(readModes(next), ['allocated: parent-damaged']);
      assert.deepEqual(await restoredDigests(vault, pointOf(next)), [await sha256OfFile(disk)]);
    });
  });

  it('finds what verifications have named, without reading all', async () => {
    await using vault = await openTestVault(folder);
    const { points } = await damaged(vault);
    const known = { instanceId: web1, depth: 'known' } as const;
    assert.equal((await vault.engine.planRepair(known)).healable, null, 'nobody has told of it');
    await finished(await vault.engine.startVerification({ maxBytes: 2 ** 40 }));
    assert.deepEqual((await vault.engine.planRepair(known)).damagedPoints, points);
    const session = await finished(await vault.engine.startRepair(known));
    assert.equal(session.summary.status, 'succeeded');
    assert.equal((await vault.engine.damagedPoints()).size, 0);
  });

  it('takes the mark of a point whose pack was lost away when it is healed', async () => {
    await using vault = await openTestVault(folder);
    const first = pointOf(await backUp(vault.engine));
    await rm((await findPack(folder, first, 'data')).file);
    {
      await using blind = await openBlind();
      await repair(blind);
    }
    assert.deepEqual([...(await vault.engine.damagedPoints())], [first]);
    assert.equal((await repair(vault)).summary.status, 'succeeded');
    assert.equal((await vault.engine.damagedPoints()).size, 0);
  });

  it('heals a pack that is lost, and says that nothing is damaged when it is asked again', async () => {
    await using vault = await openTestVault(folder);
    const first = pointOf(await backUp(vault.engine));
    await rm((await findPack(folder, first, 'data')).file);
    assert.equal((await repair(vault)).summary.status, 'succeeded');
    assert.deepEqual(await restoredDigests(vault, first), [await sha256OfFile(disk)]);
    const again = await repair(vault);
    assert.equal(again.summary.status, 'succeeded');
    assert.deepEqual(recorded(again, 'DamageFound'), []);
    assert.deepEqual(recorded(again, 'RepairPlanned'), []);
    assert.equal((await vault.engine.planRepair(request)).healable, null);
  });

  for (const dyingAt of ['RepairPlanned', 'DamageHealed', 'PointsMarked']) {
    it(`has healed all or nothing when its engine dies at ${dyingAt}, and the next one goes on`, async () => {
      await using vault = await openTestVault(folder);
      const { points, digests } = await damaged(vault);
      {
        let isDead = false;
        await using dying = await openWith({
          beforeAppend: ({ events }) => {
            isDead ||= events.some(({ type }) => type === dyingAt);
            if (isDead) throw new Error('the machine is gone');
          },
        });
        await assert.rejects((await dying.engine.startRepair(request)).ended, /machine is gone/);
      }
      assert.equal((await newestRepair(vault)).condition, 'interrupted');
      assert.deepEqual(await vault.engine.resumeInterrupted(), []);
      assert.deepEqual(
        (await newestRepair(vault)).problems.map(({ code }) => code),
        ['INTERRUPTED'],
      );
      assert.equal((await repair(vault)).summary.status, 'succeeded', dyingAt);
      for (const [n, pointId] of points.entries()) {
        assert.deepEqual(await restoredDigests(vault, pointId), [digests[n]]);
      }
      assert.equal((await vault.engine.damagedPoints()).size, 0);
    });
  }

  for (const end of ['not recorded', 'recorded']) {
    it(`ends what another repair has left that died at the store, its end ${end}`, async () => {
      await using vault = await openTestVault(folder);
      const { points, digests } = await damaged(vault);
      {
        let isDead = false;
        const gone = (): void => {
          if (isDead) throw new Error('the machine is gone');
        };
        await using dying = await openTestVault(folder, {
          objectStore: (inner) =>
            createHookedObjectStore(inner, {
              before: async ({ method, key }) => {
                // After its claim, with the first pack.
                isDead ||= method === 'create' && key.startsWith('packs/');
                gone();
                await Promise.resolve();
              },
            }),
          decorate: ({ eventStore }) => ({
            eventStore: createHookedEventStore(eventStore, { beforeAppend: gone }),
          }),
        });
        await assert.rejects((await dying.engine.startRepair(request)).ended, /machine is gone/);
      }
      if (end === 'recorded') await vault.engine.resumeInterrupted();
      const session = await repair(vault);
      assert.equal(session.summary.status, 'succeeded');
      assert.deepEqual(
        recorded(session, 'WriterEnded').map(({ outcome, why }) => [outcome, why]),
        [['discarded', 'session-ended']],
      );
      for (const [n, pointId] of points.entries()) {
        assert.deepEqual(await restoredDigests(vault, pointId), [digests[n]]);
      }
    });
  }

  it('can be cancelled, and nothing has to be cleaned up', async () => {
    await using vault = await openTestVault(folder);
    await damaged(vault);
    const stop = new AbortController();
    const onProgress = (): void => {
      stop.abort(new Error('enough'));
    };
    const running = await vault.engine.startRepair({ ...request, signal: stop.signal, onProgress });
    assert.equal((await running.ended).status, 'cancelled');
    await assertNothingLeft(vault);
    assert.equal((await repair(vault)).summary.status, 'succeeded');
  });

  it('refuses an instance of which there is nothing', async () => {
    await using vault = await openTestVault(folder);
    await backUp(vault.engine);
    const other = { instanceId: 'web-2' as InstanceId, depth: 'deep' } as const;
    await assert.rejects(vault.engine.planRepair(other), { code: 'INVALID_ARGUMENT' });
    await assert.rejects(vault.engine.startRepair(other), { code: 'INVALID_ARGUMENT' });
  });
});
