import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { isSnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { CommitRequest } from '../../../../src/format/repository.ts';
import type { PointManifest } from '../../../../src/format/restore-point.ts';
import { assertPointIs } from '../../../../src/conformance/assert-point.ts';
import { FormatBench, allocated, instanceId } from '../../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import { createFaultyObjectStore } from '../../../support/object-store/faulty-object-store.ts';
import { copyOfStore } from '../copy-of-store.ts';
import { reopenStrata } from '../reopen-strata.ts';
import {
  createHookedObjectStore,
  type ObjectStoreCall,
} from '../../../support/object-store/hooked-object-store.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';

const volume = modelVolume([...text(0, 70), 'absent', 'zero']);

/** A repository with a session that has transferred and could commit. */
async function readyToCommit(): Promise<{ on: FormatBench; request: CommitRequest }> {
  const on = await FormatBench.create(cheapStrata);
  const request = await on.transfer(on.newSession(), volume, allocated(volume), null);
  return { on, request };
}

/** Every call of the commit and of the close after it, on a copy of the store. */
async function callsOf(
  on: FormatBench,
  work: (on: FormatBench) => Promise<unknown>,
): Promise<ObjectStoreCall[]> {
  const calls: ObjectStoreCall[] = [];
  const hooked = createHookedObjectStore(await copyOfStore(on.objectStore), {
    before: (call) => {
      calls.push(call);
      return Promise.resolve();
    },
  });
  const other = await reopenStrata(on, hooked);
  calls.length = 0;
  await work(other);
  return calls;
}

describe('a commit that is interrupted', () => {
  let on: FormatBench;
  let request: CommitRequest;
  before(async () => {
    ({ on, request } = await readyToCommit());
  });

  it('before or after any write leaves no point or the whole point, and can be repeated', async () => {
    const calls = await callsOf(on, (other) => other.repository.commitPoint(request));
    const writes = calls.filter((call) => call.method === 'create').length;
    assert.equal(writes, 2, 'one pack of map nodes, then the manifest');
    for (const when of ['before-effect', 'after-effect'] as const) {
      for (let fromCall = 1; fromCall <= writes; fromCall += 1) {
        const disk = await copyOfStore(on.objectStore);
        const faulty = createFaultyObjectStore(disk, [
          { method: 'create', key: /^(packs|points)/, fromCall, when },
        ]);
        const dying = await reopenStrata(on, faulty);

        await assert.rejects(dying.repository.commitPoint(request), { code: 'STORE_UNAVAILABLE' });

        const next = await reopenStrata(on, disk);
        const points = await Array.fromAsync(next.repository.listPoints());
        const isCommitted: boolean = fromCall === writes && when === 'after-effect';
        assert.equal(points.length, isCommitted ? 1 : 0);
        if (isCommitted) await assertPointIs(next.repository, request.sessionId, volume);
        const manifest = await next.repository.commitPoint(request);
        if (isCommitted) assert.deepEqual(manifest, points[0]);
        await assertPointIs(next.repository, manifest.pointId, volume);
        await next.repository.closeWriter(request.sessionId);
        await assertPointIs(next.repository, manifest.pointId, volume);
      }
    }
  });

  it('is believed to have succeeded only once its manifest is durable', async () => {
    const disk = await copyOfStore(on.objectStore);
    const committed = await (await reopenStrata(on, disk)).repository.commitPoint(request);
    const key = `points/${instanceId}/${request.sessionId}`;
    const creates: string[] = [];
    const next = await reopenStrata(
      on,
      createHookedObjectStore(disk, {
        before: (call) => {
          if (call.method === 'create') creates.push(call.key);
          return Promise.resolve();
        },
      }),
    );

    assert.deepEqual(await next.repository.commitPoint(request), committed);
    // A store that refuses to create an object has made durable the one that is there.
    assert.deepEqual(creates, [key]);
  });

  it('whose packs are not what the segments say makes no point', async () => {
    const disk = createMemoryObjectStore();
    for await (const { key } of on.objectStore.list('')) {
      const bytes = await on.objectStore.get(key);
      await disk.create(
        key,
        key.startsWith('packs/') ? bytes.subarray(0, bytes.length - 1) : bytes,
      );
    }
    const other = await reopenStrata(on, disk);

    await assert.rejects(other.repository.commitPoint(request), {
      code: 'OBJECT_CORRUPT',
      message: /the pack ends at byte/,
    });
    assert.deepEqual(await Array.fromAsync(other.repository.listPoints()), []);
  });
});

describe('a commit and a discard at the same time', () => {
  let on: FormatBench;
  let request: CommitRequest;
  before(async () => {
    ({ on, request } = await readyToCommit());
  });

  /** Commits, and lets another engine discard the session just before the chosen call. */
  async function discardBefore(isMoment: (call: ObjectStoreCall) => boolean): Promise<{
    outcome: PointManifest | string;
    discarded: PointManifest | null;
    next: FormatBench;
  }> {
    const disk = await copyOfStore(on.objectStore);
    const other = await reopenStrata(on, disk);
    let discarded: PointManifest | null = null;
    let isDone = false;
    const hooked = createHookedObjectStore(disk, {
      before: async (call) => {
        if (isDone || !isMoment(call)) return;
        isDone = true;
        discarded = await other.repository.discardWriter(request.sessionId, instanceId);
      },
    });
    const committing = await reopenStrata(on, hooked);
    const outcome = await committing.repository
      .commitPoint(request)
      .catch((error: unknown) => (isSnapledgerError(error) ? error.code : 'another error'));
    assert.ok(isDone, 'the moment came');
    return { outcome, discarded, next: other };
  }

  it('never make a point out of what was removed, whatever the moment', async () => {
    const calls = await callsOf(on, (other) => other.repository.commitPoint(request));
    const moments = new Set(calls.map(({ method, key }) => `${method} ${key}`));
    for (const moment of moments) {
      if (moment.startsWith('create packs')) continue; // the name is random: the next test has it
      const { outcome, discarded, next } = await discardBefore(
        ({ method, key }) => `${method} ${key}` === moment,
      );

      assert.equal(discarded, null);
      assert.equal(typeof outcome, 'string', `${moment}: nothing was committed`);
      assert.deepEqual(await Array.fromAsync(next.repository.listPoints()), []);
    }
  });

  it('fence the session when the discard comes between its maps and its manifest', async () => {
    for (const isMoment of [
      (call: ObjectStoreCall) => call.method === 'create' && call.key.startsWith('packs/'),
      (call: ObjectStoreCall) => call.method === 'create' && call.key.startsWith('points/'),
    ]) {
      const { outcome, next } = await discardBefore(isMoment);

      assert.equal(outcome, 'SESSION_FENCED');
      assert.deepEqual(await Array.fromAsync(next.repository.listPoints()), []);
      const left = (await Array.fromAsync(next.objectStore.list(''))).map((info) => info.key);
      const data = left.filter((key) => !key.startsWith('slots/'));
      assert.deepEqual(data, [`points/${instanceId}/${request.sessionId}`, 'strata']);
    }
  });
});

describe('a discard that is interrupted', () => {
  it('between any two calls is finished by the next, and nothing but the tombstone stays', async () => {
    const { on, request } = await readyToCommit();
    const discard = (other: FormatBench): Promise<unknown> =>
      other.repository.discardWriter(request.sessionId, instanceId);
    const changes = (await callsOf(on, discard)).filter(
      ({ method }) => method === 'create' || method === 'delete',
    ).length;
    for (let dieAt = 1; dieAt <= changes; dieAt += 1) {
      const disk = await copyOfStore(on.objectStore);
      let change = 0;
      const dying = await on
        .reopen(
          createHookedObjectStore(disk, {
            before: ({ method }) => {
              if (method === 'create' || method === 'delete') change += 1;
              return change >= dieAt ? Promise.reject(new Error('died')) : Promise.resolve();
            },
          }),
        )
        .catch(() => null);
      if (dying !== null) await assert.rejects(discard(dying), /died/);

      const next = await reopenStrata(on, disk);
      assert.equal(await discard(next), null);

      const left = (await Array.fromAsync(disk.list(''))).map((info) => info.key as string);
      const data = left.filter((key) => !key.startsWith('slots/'));
      assert.deepEqual(data, [`points/${instanceId}/${request.sessionId}`, 'strata']);
    }
  });

  it('removes nothing of other sessions', async () => {
    const on = await FormatBench.create(cheapStrata);
    const kept = await on.backUp(volume, allocated(volume));
    const next = on.newSession();
    const request = await on.transfer(next, volume, allocated(volume), kept.pointId);

    await on.repository.discardWriter(request.sessionId, instanceId);

    await assertPointIs(on.repository, kept.pointId, volume);
  });
});
