import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { BackupSessionEvent } from '../../src/domain/backup-session/backup-events.ts';
import { cloudWith } from '../support/engine/cloud-with.ts';
import { watched } from '../support/engine/watched-backup.ts';
import { gatedWorkerProgram, setGate } from '../support/engine/worker-gate.ts';
import { createHookedObjectStore } from '../support/object-store/hooked-object-store.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import { backUp, type FinishedSession, readModes, recorded } from '../support/vault/back-up.ts';
import { web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { type PreparedVault, prepareVault } from '../support/vault/prepared-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';

describe('a backup that is cancelled', () => {
  let prepared: PreparedVault;
  let folder: string;
  let cancel: AbortController;

  before(async () => {
    prepared = await prepareVault();
  });
  after(() => prepared[Symbol.asyncDispose]());
  beforeEach(async () => {
    folder = await prepared.copy();
    cancel = new AbortController();
  });

  const abort = (): void => {
    cancel.abort(new SnapledgerError('CANCELLED', 'somebody pressed Ctrl-C'));
  };

  const backUpCancelling = async (
    { engine }: OpenTestVault,
    at: BackupSessionEvent['type'] | 'nothing',
  ): Promise<FinishedSession> => {
    const running = await engine.startBackup({ instanceId: web1, signal: cancel.signal });
    return watched(running, ({ type }) => {
      if (type === at) abort();
    });
  };

  const assertCancelled = async (vault: OpenTestVault, session: FinishedSession): Promise<void> => {
    assert.equal(session.summary.status, 'cancelled');
    assert.equal(session.summary.pointId, null);
    assert.equal(recorded(session, 'SessionCancelled')[0]?.reason, 'somebody pressed Ctrl-C');
    await assertNothingLeft(vault);
    assert.equal((await Array.fromAsync(vault.engine.listPoints())).length, 1);

    const next = await backUp(vault.engine);
    assert.equal(next.summary.status, 'succeeded');
    assert.deepEqual(readModes(next), ['changed']);
    const [volume] = recorded(next, 'ReadPlanned')[0]?.volumes ?? [];
    assert.equal(volume?.baseSnapshotId, prepared.baseSnapshotId, 'the CBT base has not moved');
    await assertNothingLeft(vault);
  };

  const assertCompleted = async (vault: OpenTestVault, session: FinishedSession): Promise<void> => {
    assert.equal(session.summary.status, 'succeeded');
    assert.ok(session.summary.pointId !== null);
    assert.deepEqual(await restoredDigests(vault, session.summary.pointId), [prepared.diskDigest]);
    await assertNothingLeft(vault);
  };

  it('before anything was done does nothing', async () => {
    await using vault = await openTestVault(folder);
    abort();
    const session = await backUpCancelling(vault, 'nothing');
    assert.deepEqual(recorded(session, 'SnapshotRequested'), []);
    await assertCancelled(vault, session);
  });

  it('while its snapshots are being taken lists those that there are', async () => {
    await using vault = await openTestVault(folder, {
      decorate: ({ cloud }) => ({
        cloud: cloudWith(cloud, {
          snapshots: {
            createSet: async (request) => {
              await cloud.snapshots.createSet(request);
              abort();
              throw new SnapledgerError('STORE_UNAVAILABLE', 'the answer is lost', {
                retry: 'retryable',
              });
            },
          },
        }),
      }),
    });
    const running = await vault.engine.startBackup({ instanceId: web1, signal: cancel.signal });
    const session = await watched(running, () => undefined);
    assert.equal(session.summary.status, 'cancelled');
    assert.equal(recorded(session, 'SnapshotTaken').length, 1);
    await assertNothingLeft(vault);
  });

  it('while its snapshots are pending waits no longer', async () => {
    let pending: 'pending' | 'completed' = 'pending';
    await using vault = await openTestVault(folder, {
      decorate: ({ cloud }) => ({
        cloud: cloudWith(cloud, {
          snapshots: {
            describe: async (ids) => {
              const snapshots = await cloud.snapshots.describe(ids);
              return snapshots.map((snapshot) => ({ ...snapshot, state: pending }));
            },
          },
        }),
      }),
    });
    const running = await vault.engine.startBackup({ instanceId: web1, signal: cancel.signal });
    const session = await watched(running, ({ type }) => {
      if (type === 'SnapshotTaken') setTimeout(abort, 50);
    });
    pending = 'completed';
    assert.deepEqual(recorded(session, 'SnapshotCompleted'), []);
    await assertCancelled(vault, session);
  });

  for (const at of [
    'WriterRegistered',
    'ReadPlanned',
    'WorkerLaunched',
    'VolumesAttached',
  ] as const) {
    it(`after ${at} removes what there is of it`, async () => {
      await using vault = await openTestVault(folder);
      const session = await backUpCancelling(vault, at);
      assert.deepEqual(recorded(session, 'BlocksTransferred'), []);
      await assertCancelled(vault, session);
    });
  }

  it('while it transfers stops the worker and removes what was stored', async () => {
    await setGate(folder, [0]);
    await using vault = await openTestVault(folder, { workerProgram: gatedWorkerProgram });
    const running = await vault.engine.startBackup({ instanceId: web1, signal: cancel.signal });
    const packs = `packs/${running.sessionId}/`;
    const session = await watched(running, async ({ type }) => {
      if (type !== 'VolumesAttached') return;
      // The worker has stored its blocks, and stands still before it says so.
      while ((await Array.fromAsync(vault.dependencies.objectStore.list(packs))).length === 0);
      abort();
    });
    assert.equal(recorded(session, 'WorkerRemoved')[0]?.workers.length, 1);
    await setGate(folder, []);
    await assertCancelled(vault, session);
  });

  for (const when of ['before', 'after'] as const) {
    it(`right ${when} its restore point is committed completes`, async () => {
      await using vault = await openTestVault(folder, {
        objectStore: (inner) =>
          createHookedObjectStore(inner, {
            [when]: ({ method, key }: { readonly method: string; readonly key: string }) => {
              if (method === 'create' && key.startsWith('points/')) abort();
              return Promise.resolve();
            },
          }),
      });
      await assertCompleted(vault, await backUpCancelling(vault, 'nothing'));
    });
  }

  it('while the answer to its commit is lost completes', async () => {
    await using vault = await openTestVault(folder, {
      objectStore: (inner) =>
        createHookedObjectStore(inner, {
          after: ({ method, key }) => {
            if (method !== 'create' || !key.startsWith('points/')) return Promise.resolve();
            abort();
            const lost = new SnapledgerError('STORE_UNAVAILABLE', 'lost', { retry: 'permanent' });
            return Promise.reject(lost);
          },
        }),
    });
    const session = await backUpCancelling(vault, 'nothing');
    assert.equal(recorded(session, 'RestorePointCommitted').length, 1);
    await assertCompleted(vault, session);
  });

  it('after its commit completes', async () => {
    await using vault = await openTestVault(folder);
    await assertCompleted(vault, await backUpCancelling(vault, 'RestorePointCommitted'));
  });
});
