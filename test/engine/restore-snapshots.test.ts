import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { PointId, Region, ReplicaSetId, SnapshotSetId } from '../../src/domain/identifiers.ts';
import type { Engine, RunningSession, VolumesTarget } from '../../src/engine/engine.ts';
import type { SnapshotItemRef } from '../../src/domain/retention/retention-plan.ts';
import type {
  SnapshotVolumeRequest,
  VolumeRestores,
} from '../../src/ports/cloud/volume-restores.ts';
import { cloudWith } from '../support/engine/cloud-with.ts';
import {
  createHookedEventStore,
  type EventStoreHooks,
} from '../support/engine/hooked-event-store.ts';
import { backUp, finished } from '../support/vault/back-up.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { addTestInstance, makeTestVault, web1 } from '../support/vault/make-test-vault.ts';
import { type OpenTestVault, openTestVault } from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const target: VolumesTarget = {
  kind: 'volumes',
  availabilityZone: 'here-1a',
  volumeType: 'gp3',
  keyId: null,
};

/** Volumes that take their time: each is there once `release` is called. */
class SlowRestores implements VolumeRestores {
  readonly asked: SnapshotVolumeRequest[] = [];
  readonly #waiting: (() => void)[] = [];

  target(): never {
    throw new Error('nothing is made of points here');
  }

  checkPlace(): Promise<void> {
    return Promise.resolve();
  }

  async ofSnapshot(request: SnapshotVolumeRequest): Promise<{ location: string }> {
    this.asked.push(request);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#waiting.push(() => {
      resolve(undefined);
    });
    request.signal.addEventListener('abort', () => {
      reject(request.signal.reason as Error);
    });
    await promise;
    return { location: 'vol-1 in here-1a' };
  }

  find(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  remove(): Promise<'removed'> {
    return Promise.resolve('removed');
  }

  release(): void {
    for (const done of this.#waiting.splice(0)) done();
  }
}

const elsewhere = { region: 'eu-elsewhere-1' as Region, keyId: null, account: null };

describe('a restore of a snapshot set or a replica', () => {
  let temporary: TemporaryFolder;
  let vault: OpenTestVault;
  let engine: Engine;
  let restores: SlowRestores;

  before(async () => {
    temporary = await makeTemporaryFolder();
    const disk = path.join(temporary.path, 'a.img');
    await makeDisk(disk, ['something']);
    restores = new SlowRestores();
    vault = await openTestVault(await makeTestVault(temporary.path), {
      decorate: ({ cloud }) => ({ cloud: { ...cloudWith(cloud, {}), volumeRestores: restores } }),
    });
    ({ engine } = vault);
    const kept = { count: 1, age: null, gfs: null };
    await addTestInstance(vault, [disk], {
      keep: 1,
      level: 'off',
      replicas: [{ target: elsewhere, schedules: [], retention: kept }],
    });
  });
  after(async () => {
    await vault[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });

  const begin = (item: SnapshotItemRef): Promise<RunningSession> =>
    engine.startRestore({ instanceId: web1, item, target });
  /** Takes a set and copies it; gives the ids of everything that is there then. */
  async function backedUp(): Promise<{ sets: SnapshotSetId[]; replicas: ReplicaSetId[] }> {
    assert.equal((await backUp(engine)).summary.status, 'succeeded');
    const { history } = await engine.describeItems(web1);
    return {
      sets: history.sets.map(({ id }) => id),
      replicas: history.replicas.map(({ id }) => id),
    };
  }

  it('keeps both from being removed until it has ended', async () => {
    const first = await backedUp();
    const [set, replica] = [first.sets.at(-1), first.replicas.at(-1)];
    assert.ok(set !== undefined && replica !== undefined);
    const running = [
      await begin({ kind: 'snapshot-set', id: set }),
      await begin({ kind: 'replica', id: replica }),
    ];

    const second = await backedUp();
    assert.ok(second.sets.includes(set), 'the set is not removed');
    assert.ok(second.replicas.includes(replica), 'nor is the replica');
    const { explanation } = await engine.explainItem(set);
    assert.match(JSON.stringify(explanation), /"in-use"/);

    while (restores.asked.length < 2) await setImmediate();
    restores.release();
    const ended = await Promise.all(running.map((one) => finished(one)));
    assert.deepEqual(
      ended.map(({ summary: { status, source, pointId } }) => [status, source?.kind, pointId]),
      [
        ['succeeded', 'snapshot-set', null],
        ['succeeded', 'replica', null],
      ],
    );
    assert.deepEqual(
      restores.asked.map(({ place }) => place.region),
      [vault.cloud.region, elsewhere.region],
    );

    const third = await backedUp();
    assert.ok(!third.sets.includes(set), 'nothing needs the set any more');
    assert.ok(!third.replicas.includes(replica));
    await assert.rejects(begin({ kind: 'snapshot-set', id: set }), { code: 'UNKNOWN_ITEM' });
    await assert.rejects(engine.findRestorable(set), { code: 'UNKNOWN_ITEM' });
  });

  it('is refused for what a retention has decided to remove before its engine died', async () => {
    await using dying = await makeTemporaryFolder();
    const disk = path.join(dying.path, 'a.img');
    await makeDisk(disk, ['something']);
    const folder = await makeTestVault(dying.path);
    const open = (hooks: EventStoreHooks): Promise<OpenTestVault> =>
      openTestVault(folder, {
        decorate: ({ cloud, eventStore }) => ({
          cloud: { ...cloudWith(cloud, {}), volumeRestores: restores },
          eventStore: createHookedEventStore(eventStore, hooks),
        }),
      });
    {
      await using first = await open({
        beforeAppend: ({ events }) => {
          if (events.some(({ type }) => type === 'RemovalsBegun')) throw new Error('it is gone');
        },
      });
      await addTestInstance(first, [disk], { keep: 1, level: 'off' });
      assert.equal((await backUp(first.engine)).summary.status, 'succeeded');
      const running = await first.engine.startBackup({ instanceId: web1 });
      await assert.rejects(running.ended, /it is gone/);
    }
    await using second = await open({});
    const { history } = await second.engine.describeItems(web1);
    const [old] = history.sets;
    assert.ok(old !== undefined);
    const item = { kind: 'snapshot-set', id: old.id } as const;

    await assert.rejects(second.engine.startRestore({ instanceId: web1, item, target }), {
      code: 'ITEM_BEING_REMOVED',
      message: /has decided to remove/,
    });
  });

  it('is cancelled while it waits, and has asked for the set that was named', async () => {
    const { sets } = await backedUp();
    const [id] = sets;
    assert.ok(id !== undefined);
    const found = await engine.findRestorable(id.slice(0, 8));
    assert.ok(found.kind === 'snapshots');
    const { instanceId, item } = found;
    const stop = new AbortController();
    const before = restores.asked.length;
    const running = await engine.startRestore({ instanceId, item, target, signal: stop.signal });
    while (restores.asked.length === before) await setImmediate();
    stop.abort(new Error('enough'));

    const { summary } = await finished(running);

    assert.equal(summary.status, 'cancelled');
    assert.deepEqual(summary.source, { kind: 'snapshot-set', id });
  });

  it('takes no name from a point that a set has no more: what is removed makes nothing ambiguous', async () => {
    await using place = await makeTemporaryFolder();
    const disk = path.join(place.path, 'a.img');
    await makeDisk(disk, ['something']);
    let beginning = '';
    let ofSet = '';
    await using named = await openTestVault(await makeTestVault(place.path), {
      decorate: ({ random, eventStore }) => ({
        random: { ...random, uuid: () => beginning + random.uuid().slice(beginning.length) },
        eventStore: createHookedEventStore(eventStore, {
          beforeAppend: ({ events }) => {
            // The session of a point has its name by now, its set not yet.
            if (events.some(({ type }) => type === 'InstanceInspected')) beginning = ofSet;
          },
        }),
      }),
    });
    const backedUpAs = async (
      session: string,
      set: string,
      scope: 'snapshot-only' | 'image-level',
    ): Promise<PointId | null> => {
      [beginning, ofSet] = [session, set];
      const { summary } = await backUp(named.engine, { scope });
      assert.equal(summary.status, 'succeeded');
      return summary.pointId;
    };
    const setIds = async (): Promise<readonly string[]> =>
      (await named.engine.describeItems(web1)).history.sets.map(({ id }) => id);
    await addTestInstance(named, [disk], { keep: 2, transport: 'direct' });
    await backedUpAs('aaaaaaaa', 'bbbbbbbb', 'snapshot-only');
    const [old = ''] = await setIds();
    const prefix = 'bbbbbbbb';
    const pointId = await backedUpAs(prefix, 'cccccccc', 'image-level');
    assert.ok(old.startsWith(prefix) && pointId?.startsWith(prefix));
    await assert.rejects(named.engine.findRestorable(prefix), { code: 'AMBIGUOUS_ID' });

    await backedUpAs('dddddddd', 'eeeeeeee', 'snapshot-only');

    assert.ok(!(await setIds()).includes(old), 'the set is removed');
    assert.deepEqual(await named.engine.findRestorable(prefix), { kind: 'restore-point', pointId });
  });
});
