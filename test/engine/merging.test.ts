import assert from 'node:assert/strict';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { PointId } from '../../src/domain/identifiers.ts';
import { qcow2Format } from '../../src/format/qcow2/qcow2-format.ts';
import { createVault } from '../../src/vault/create-vault.ts';
import {
  createHookedEventStore,
  type EventStoreHooks,
} from '../support/engine/hooked-event-store.ts';
import { createHookedObjectStore } from '../support/object-store/hooked-object-store.ts';
import { backUp, finished, recorded } from '../support/vault/back-up.ts';
import { makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import {
  addTestInstance,
  makeTestVault,
  setTestPolicy,
  web1,
} from '../support/vault/make-test-vault.ts';
import {
  openTestVault,
  type OpenTestVault,
  testPassphrase,
} from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const maxBytes = 1024 * 1024 * 1024;
const request = { instanceId: web1, maxBytes };

describe('merging', () => {
  let temporary: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let folder: string;
  let disk: string;
  const digests = new Map<PointId, string>();
  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    folder = path.join(temporary.path, 'vault');
    await createVault({ folder, passphrase: testPassphrase, format: 'qcow2' });
    disk = path.join(temporary.path, 'disk.img');
    await makeDisk(disk, ['a', 'b', null, 'c']);
    digests.clear();
    await using vault = await openTestVault(folder);
    await addTestInstance(vault, [disk], { keep: 1, transport: 'direct' });
    for (const block of [0, 1, 2]) {
      const { summary } = await backUp(vault.engine);
      assert.ok(summary.pointId !== null);
      digests.set(summary.pointId, await sha256OfFile(disk));
      await writeBlock(disk, block, noise(`new ${block}`, blockSizeBytes));
    }
    await setTestPolicy(vault, { keep: 1, transport: 'direct', keepPoints: 1 });
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  const pointsOf = async ({ engine }: OpenTestVault): Promise<readonly PointId[]> =>
    (await Array.fromAsync(engine.listPoints())).map(({ pointId }) => pointId);

  const runRetention = async ({ engine }: OpenTestVault): Promise<void> => {
    const session = await engine.startMaintenance({ instanceId: web1 });
    assert.equal((await session.ended).status, 'succeeded');
  };

  /** Only the newest is left, and is what the disk was. */
  const assertMerged = async (vault: OpenTestVault): Promise<void> => {
    const newest = [...digests.keys()].at(-1);
    assert.ok(newest !== undefined);
    await runRetention(vault);
    assert.deepEqual(await pointsOf(vault), [newest]);
    await finished(await vault.engine.startCollection());
    assert.deepEqual(await restoredDigests(vault, newest), [digests.get(newest)]);
  };

  it('lets retention remove what stayed only because a kept point needs it', async () => {
    await using vault = await openTestVault(folder);
    const { engine } = vault;
    await runRetention(vault);
    const [first, second, third] = await pointsOf(vault);
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const plan = await engine.planMerge(request);
    assert.deepEqual(
      plan.merges.map(({ pointId, absorbed }) => ({ pointId, absorbed })),
      [{ pointId: third, absorbed: [second, first] }],
    );

    const merging = await finished(await engine.startMerge(request));

    assert.equal(merging.summary.status, 'succeeded');
    assert.equal(merging.summary.kind, 'merging');
    assert.deepEqual(recorded(merging, 'MergePlanned'), [{ instanceId: web1, ...plan }]);
    const [merged] = recorded(merging, 'PointMerged');
    assert.deepEqual([merged?.pointId, merged?.parents], [third, []]);
    const { findings, unsealed } = await engine.audit.verify();
    assert.deepEqual([findings, unsealed], [[], []], 'what it changed is sealed with it');
    const { history } = await engine.describeItems(web1);
    assert.deepEqual(history.points.find(({ id }) => id === third)?.parents, []);
    await assertMerged(vault);
    const next = await backUp(engine);
    assert.equal(next.summary.blocksRead, 1, 'an increment builds on what was merged');
  });

  for (const type of ['ParentsChanged', 'PointMerged']) {
    it(`records what an engine had merged that died before its ${type}`, async () => {
      {
        let isDead = false;
        const beforeAppend: EventStoreHooks['beforeAppend'] = ({ events }) => {
          isDead ||= events.some((event) => event.type === type);
          if (isDead) throw new Error('the machine is gone');
        };
        await using dying = await openTestVault(folder, {
          decorate: ({ eventStore }) => ({
            eventStore: createHookedEventStore(eventStore, { beforeAppend }),
          }),
        });
        const running = await dying.engine.startMerge(request);
        await assert.rejects(running.ended, /the machine is gone/);
      }
      await using vault = await openTestVault(folder);
      await vault.engine.resumeInterrupted({ instanceId: web1 });
      const merging = await finished(await vault.engine.startMerge(request));
      assert.equal(merging.summary.status, 'succeeded');
      assert.deepEqual(recorded(merging, 'PointMerged'), []);
      await assertMerged(vault);
    });
  }

  it('leaves what it had stored to the next collection, when its engine dies', async () => {
    const stored: string[] = [];
    const gone = async (): Promise<void> => {
      await Promise.resolve();
      if (stored.length > 0) throw new Error('the machine is gone');
    };
    {
      await using dying = await openTestVault(folder, {
        decorate: ({ objectStore: inner, eventStore, random, clock }) => {
          const objectStore = createHookedObjectStore(inner, {
            before: gone,
            after: async ({ method, key }) => {
              if (method === 'create' && key.startsWith('images/')) stored.push(key);
              await Promise.resolve();
            },
          });
          const secret = { kind: 'passphrase', passphrase: testPassphrase } as const;
          return {
            objectStore,
            repository: () => qcow2Format.openRepository({ objectStore, secret, random, clock }),
            eventStore: createHookedEventStore(eventStore, { beforeAppend: gone }),
          };
        },
      });
      const running = await dying.engine.startMerge(request);
      await assert.rejects(running.ended, /the machine is gone/);
    }
    await using vault = await openTestVault(folder);
    const [key = assert.fail('it had stored something')] = stored;
    const { objectStore } = vault.dependencies;
    const there = await Array.fromAsync(objectStore.list(key));
    assert.equal(there.length, 1);
    const { writers } = await vault.engine.planCollection();
    assert.deepEqual(
      writers.map(({ condition }) => condition),
      ['ended'],
    );

    const collection = await finished(await vault.engine.startCollection());

    assert.deepEqual(
      recorded(collection, 'WriterEnded').map(({ outcome }) => outcome),
      ['discarded'],
    );
    assert.deepEqual(await Array.fromAsync(objectStore.list(key)), []);
  });

  it('does nothing, and says so, where nothing is unwanted', async () => {
    await using vault = await openTestVault(folder);
    await setTestPolicy(vault, { keep: 1, transport: 'direct', keepPoints: 3 });
    const merging = await finished(await vault.engine.startMerge(request));
    assert.deepEqual(recorded(merging, 'MergePlanned'), [
      { instanceId: web1, merges: [], left: 0 },
    ]);
    assert.equal(merging.summary.status, 'succeeded');
    assert.equal((await pointsOf(vault)).length, 3);
  });

  it('is refused where points need no others, and for a budget that is none', async () => {
    await using vault = await openTestVault(folder);
    const none = { instanceId: web1, maxBytes: 0 };
    await assert.rejects(vault.engine.startMerge(none), { code: 'INVALID_ARGUMENT' });
    await using native = await openTestVault(
      await makeTestVault(path.join(temporary.path, 'native')),
    );
    await assert.rejects(native.engine.planMerge(request), {
      code: 'INVALID_ARGUMENT',
      message: /nothing to merge/,
    });
  });
});
