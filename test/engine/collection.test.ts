import assert from 'node:assert/strict';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { systemRandom } from '../../src/adapters/system/system-random.ts';
import type { InstanceId, PointId, SessionId } from '../../src/domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../../src/ports/object-store.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import {
  backUp,
  finished,
  type FinishedSession,
  readModes,
  recorded,
} from '../support/vault/back-up.ts';
import { makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { addTestInstance, makeTestVault, web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

/** So many that a few of them fill no pack with what stays. */
const blocks = 8;

describe('collection', () => {
  let temporary: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let folder: string;
  let disk: string;
  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    folder = await makeTestVault(temporary.path);
    disk = path.join(temporary.path, 'disk.img');
    await makeDisk(
      disk,
      Array.from({ length: blocks }, (_, index) => `first ${index}`),
    );
    await using vault = await openTestVault(folder);
    await addTestInstance(vault, [disk], { keep: 1, keepPoints: 1, transport: 'direct' });
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  const rewriteDisk = async (generation: string): Promise<void> => {
    for (let index = 0; index < blocks; index += 1) {
      await writeBlock(disk, index, noise(`${generation} ${index}`, blockSizeBytes));
    }
  };
  const packBytes = async ({ dependencies: { objectStore } }: OpenTestVault): Promise<number> => {
    let bytes = 0;
    for await (const { sizeBytes } of objectStore.list('packs/')) bytes += sizeBytes;
    return bytes;
  };
  const collect = async (
    { engine }: OpenTestVault,
    fence: readonly SessionId[] = [],
  ): Promise<FinishedSession> => finished(await engine.startCollection({ fence }));
  it('frees what retention has removed: the plan says how much, and so much is gone', async () => {
    await using vault = await openTestVault(folder);
    await backUp(vault.engine);
    const firstBytes = await packBytes(vault);
    await rewriteDisk('second');
    const second = await backUp(vault.engine);
    assert.equal(recorded(second, 'RestorePointRemoved').length, 1, 'retention removed the first');
    const before = await packBytes(vault);
    assert.ok(before > firstBytes * 1.9, 'removing the point has freed nothing');

    const plan = await vault.engine.planCollection();
    assert.equal(plan.removable.bytes, firstBytes);
    assert.equal(plan.inUse.bytes, before - firstBytes);
    assert.deepEqual([plan.awaiting.objects, plan.unexplained.objects, plan.writers], [0, 0, []]);

    const collection = await collect(vault);

    assert.equal(collection.summary.status, 'succeeded');
    assert.equal(collection.summary.kind, 'collection');
    assert.deepEqual(
      collection.events.map(({ type }) => type),
      [
        'RepositorySessionStarted',
        'CollectionPlanned',
        'DataCondemned',
        'DataRemoved',
        'RepositorySessionCompleted',
      ],
    );
    assert.equal(await packBytes(vault), before - firstBytes);
    assert.deepEqual(recorded(collection, 'DataRemoved'), [plan.removable]);
    const { pointId } = second.summary;
    assert.ok(pointId !== null);
    assert.deepEqual(await restoredDigests(vault, pointId), [await sha256OfFile(disk)]);
    await assertNothingLeft(vault);

    const again = await collect(vault);
    assert.equal(recorded(again, 'DataRemoved').length, 0, 'there is nothing more to free');
  });

  it('lets an increment build on a point after a collection', async () => {
    await using vault = await openTestVault(folder);
    await backUp(vault.engine);
    await writeBlock(disk, 1, noise('changed', blockSizeBytes));
    await backUp(vault.engine);
    await collect(vault);
    await writeBlock(disk, 2, noise('changed again', blockSizeBytes));

    const third = await backUp(vault.engine);

    assert.equal(third.summary.blocksRead, 1);
    const { pointId } = third.summary;
    assert.ok(pointId !== null);
    assert.deepEqual(await restoredDigests(vault, pointId), [await sha256OfFile(disk)]);
  });

  it('waits for an open session of another vault, until somebody ends that', async () => {
    await using vault = await openTestVault(folder);
    await backUp(vault.engine);
    await rewriteDisk('second');
    await backUp(vault.engine);
    const repository = await vault.dependencies.repository();
    const stranger = systemRandom.uuid() as SessionId;
    const elsewhere = 'db-9' as InstanceId;
    await repository.registerWriter(stranger, elsewhere);
    const before = await packBytes(vault);

    const waiting = await collect(vault);

    assert.equal(recorded(waiting, 'DataCondemned').length, 1);
    assert.equal(recorded(waiting, 'DataRemoved').length, 0);
    assert.equal(await packBytes(vault), before);
    const { awaiting, writers } = await vault.engine.planCollection();
    assert.ok(awaiting.bytes > 0);
    assert.deepEqual(writers, [
      { sessionId: stranger, instanceId: elsewhere, condition: 'unknown', pointId: null },
    ]);

    const fenced = await collect(vault, [stranger]);

    assert.deepEqual(recorded(fenced, 'WriterEnded'), [
      { writerId: stranger, instanceId: elsewhere, outcome: 'discarded', why: 'asked-for' },
    ]);
    assert.equal(await packBytes(vault), before - awaiting.bytes);
  });

  it('goes on after a generation that cannot be read, and so do backups', async () => {
    await using vault = await openTestVault(folder);
    await backUp(vault.engine);
    await rewriteDisk('second');
    await backUp(vault.engine);
    await collect(vault);
    const { objectStore } = vault.dependencies;
    const [generation] = await Array.fromAsync(objectStore.list('gc/'));
    assert.ok(generation !== undefined);
    await objectStore.delete(generation.key);
    await objectStore.create(generation.key, Buffer.from('damaged'));

    await writeBlock(disk, 1, noise('third', blockSizeBytes));
    const third = await backUp(vault.engine);
    assert.deepEqual(readModes(third), ['allocated: parent-damaged']);
    const collection = await collect(vault);
    assert.equal(collection.summary.status, 'succeeded');
    assert.ok((recorded(collection, 'DataRemoved')[0]?.bytes ?? 0) > 0);

    await writeBlock(disk, 2, noise('fourth', blockSizeBytes));
    const fourth = await backUp(vault.engine);
    assert.deepEqual(readModes(fourth), ['changed']);
    const { pointId } = fourth.summary;
    assert.ok(pointId !== null);
    assert.deepEqual(await restoredDigests(vault, pointId), [await sha256OfFile(disk)]);
  });

  it('refuses to end a session that is not open, and removes nothing then', async () => {
    await using vault = await openTestVault(folder);
    await backUp(vault.engine);

    const collection = await collect(vault, [systemRandom.uuid() as SessionId]);

    assert.equal(collection.summary.status, 'failed');
    assert.equal(collection.summary.problems[0]?.code, 'UNKNOWN_SESSION');
  });

  it('removes nothing while it cannot tell what a damaged point needs', async () => {
    await using vault = await openTestVault(folder);
    const first = await backUp(vault.engine);
    await rewriteDisk('second');
    const second = await backUp(vault.engine);
    const { pointId } = second.summary;
    assert.ok(pointId !== null && first.summary.pointId !== null);
    const { objectStore } = vault.dependencies;
    for await (const { key, sizeBytes } of objectStore.list(`packs/${pointId}/`)) {
      // The pack with the map.
      if (sizeBytes < blockSizeBytes) await objectStore.delete(key);
    }
    const before = await packBytes(vault);

    await assert.rejects(vault.engine.planCollection(), {
      code: 'COLLECTION_BLOCKED',
      message: new RegExp(pointId),
    });
    const collection = await collect(vault);

    assert.equal(collection.summary.problems[0]?.code, 'COLLECTION_BLOCKED');
    assert.equal(await packBytes(vault), before);
  });

  it('leaves the key of a session of which a point needs data that the survey came too early to see', async () => {
    let first: PointId;
    let second: PointId;
    {
      await using vault = await openTestVault(folder);
      first = pointOf(await backUp(vault.engine));
      await writeBlock(disk, 1, noise('changed', blockSizeBytes));
      second = pointOf(await backUp(vault.engine));
    }
    // What a collector sees that listed packs before the first session had stored one, and points
    // before the second had made its own: retention has removed the first point since.
    const early = (inner: ObjectStore): ObjectStore => ({
      create: (key, body) => inner.create(key, body),
      get: (key, range) => inner.get(key, range),
      head: (key) => inner.head(key),
      delete: (key) => inner.delete(key),
      retention: null,
      list: async function* (prefix, options) {
        for await (const info of inner.list(prefix, options)) {
          const isUnseen =
            prefix === 'packs/' || (prefix.startsWith('points/') && info.key.includes(second));
          if (!isUnseen) yield info;
        }
      },
    });
    {
      await using collector = await openTestVault(folder, { objectStore: early });
      assert.equal((await collect(collector)).summary.status, 'succeeded');
    }
    await using vault = await openTestVault(folder);
    assert.notEqual(await vault.dependencies.objectStore.head(`keys/${first}` as ObjectKey), null);
    assert.deepEqual(await restoredDigests(vault, second), [await sha256OfFile(disk)]);
  });

  it('is sealed at its end, and lets engines that start later seal what comes', async () => {
    {
      await using vault = await openTestVault(folder);
      await backUp(vault.engine);
    }
    {
      await using vault = await openTestVault(folder);
      const collection = await vault.engine.startCollection({});
      assert.equal((await collection.sealed).kind, 'sealed');
    }
    await using vault = await openTestVault(folder);
    const backup = await vault.engine.startBackup({ instanceId: web1 });
    assert.equal((await backup.sealed).kind, 'sealed');
    const sessions = await vault.engine.audit.sessions();
    assert.deepEqual(
      sessions.map(({ kind, seal }) => [kind, seal]),
      [
        ['backup', 'sealed'],
        ['collection', 'sealed'],
        ['backup', 'sealed'],
      ],
    );
  });
});

function pointOf({ summary: { pointId } }: FinishedSession): PointId {
  assert.ok(pointId !== null);
  return pointId;
}
