import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { Region } from '../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../src/domain/policy/backup-policy.ts';
import type { Cloud } from '../../src/ports/cloud/cloud.ts';
import type { ReplicaDescription, Replicas } from '../../src/ports/cloud/replicas.ts';
import { vaultLayout } from '../../src/vault/vault-layout.ts';
import { cloudWith } from '../support/engine/cloud-with.ts';
import { watched } from '../support/engine/watched-backup.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import { backUp, recorded } from '../support/vault/back-up.ts';
import { makeDisk, writeBlock } from '../support/vault/disk-image.ts';
import {
  addTestInstance,
  makeTestVault,
  setTestPolicy,
  web1,
} from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const region = 'elsewhere' as Region;
const replica = (keep: number): BackupPolicy['replicas'][number] => ({
  target: { region, keyId: null, account: null },
  schedules: [],
  retention: { count: keep, age: null, gfs: null },
});
const storeError = (what: string): SnapledgerError =>
  new SnapledgerError('STORE_UNAVAILABLE', `no answer: ${what}`, { retry: 'retryable' });

describe('a policy with a replica target', () => {
  let temporary: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let folder: string;
  let disks: string[];
  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    folder = await makeTestVault(temporary.path);
    disks = ['a.img', 'b.img'].map((name) => path.join(temporary.path, name));
    for (const disk of disks) await makeDisk(disk, ['one', 'two']);
    await using vault = await openTestVault(folder);
    await addTestInstance(vault, disks, {
      keep: 1,
      level: 'off',
      replicas: [replica(1)],
    });
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  /** The vault with a cloud of which the copying is something else. */
  const openWith = (replicas: (inner: Replicas) => Partial<Replicas>): Promise<OpenTestVault> =>
    openTestVault(folder, {
      limits: { retry: { attemptsMax: 3, firstDelayMs: 1, delayMaxMs: 1 } },
      decorate: ({ cloud }: { readonly cloud: Cloud }) => ({
        cloud: cloudWith(cloud, { replicas: replicas(cloud.replicas) }),
      }),
    });

  it('copies every snapshot of the set, byte for byte, and waits for the copies', async () => {
    await using vault = await openTestVault(folder);

    const session = await backUp(vault.engine);

    assert.equal(session.summary.status, 'succeeded');
    const [started] = recorded(session, 'ReplicaStarted');
    const [taken] = recorded(session, 'SnapshotTaken');
    assert.equal(started?.snapshots.length, 2);
    assert.deepEqual(
      started.snapshots.map(({ sourceSnapshotId }) => sourceSnapshotId),
      taken?.snapshots.map(({ snapshotId }) => snapshotId),
    );
    assert.deepEqual(recorded(session, 'Replicated')[0]?.target, {
      region,
      keyId: null,
      account: null,
    });
    for (const [index, disk] of disks.entries()) {
      const copy = started.snapshots[index]?.snapshotId ?? '';
      const image = path.join(vaultLayout(folder).cloud, 'regions', region, copy, 'image');
      assert.equal(Buffer.compare(await readFile(image), await readFile(disk)), 0);
    }
    await assertNothingLeft(vault);
  });

  it('keeps as many replicas as its own rule says, although their sources are gone', async () => {
    await using vault = await openTestVault(folder);
    const first = await backUp(vault.engine);
    await writeBlock(disks[0] ?? '', 0, Buffer.alloc(524_288, 7));

    const second = await backUp(vault.engine);

    const [firstId] = recorded(first, 'Replicated').map(({ replicaSetId }) => replicaSetId);
    const [secondId] = recorded(second, 'Replicated').map(({ replicaSetId }) => replicaSetId);
    assert.deepEqual(
      recorded(second, 'ReplicaRemoved').map(({ replicaSetId }) => replicaSetId),
      [firstId],
    );
    const { history, plan } = await vault.engine.describeItems(web1);
    assert.deepEqual(
      history.replicas.map(({ id }) => id),
      [secondId],
    );
    assert.deepEqual(
      plan.replicas.keep[0]?.reasons.map(({ kind }) => kind),
      ['within-count', 'replica-base'],
    );
    await assertNothingLeft(vault);
  });

  it('whose copies fail late has a warning, and none of the copies stays', async () => {
    await using vault = await openWith((inner) => ({
      describe: async (where, ids) => {
        const copies = await inner.describe(where, ids);
        return copies.map((copy, index): ReplicaDescription =>
          index === 1 ? { ...copy, state: 'error', stateMessage: 'the region burnt down' } : copy,
        );
      },
    }));

    const session = await backUp(vault.engine);

    assert.equal(session.summary.status, 'warning');
    const [failed] = recorded(session, 'ReplicaFailed');
    assert.equal(failed?.copies, 'none');
    assert.match(failed.problem.message, /the region burnt down/);
    assert.deepEqual((await vault.engine.describeItems(web1)).history.replicas, []);
    await assertNothingLeft(vault);
  });

  it('whose second copy is refused removes the first, and the backup is done all the same', async () => {
    let copies = 0;
    await using vault = await openWith((inner) => ({
      copy: (request) => {
        copies += 1;
        if (copies < 2) return inner.copy(request);
        return Promise.reject(new SnapledgerError('STORE_FULL', 'no room there'));
      },
    }));

    const session = await backUp(vault.engine);

    assert.equal(session.summary.status, 'warning');
    assert.equal(recorded(session, 'ReplicaFailed')[0]?.problem.code, 'STORE_FULL');
    assert.equal(recorded(session, 'ReplicaStarted').length, 0);
    await assertNothingLeft(vault);
  });

  it('whose cloud gives no answer to a copy that it made is not copied twice', async () => {
    let copies = 0;
    await using vault = await openWith((inner) => ({
      copy: async (request) => {
        copies += 1;
        const copy = await inner.copy(request);
        if (copies === 1) throw storeError('the copy is made');
        return copy;
      },
    }));

    const session = await backUp(vault.engine);

    assert.equal(session.summary.status, 'succeeded');
    assert.equal(copies, 2);
    await assertNothingLeft(vault);
  });

  it('whose failed copies cannot be removed leaves them to the next retention', async () => {
    await using vault = await openWith((inner) => ({
      describe: async (where, ids) =>
        (await inner.describe(where, ids)).map((copy) => ({ ...copy, state: 'error' as const })),
      delete: () => Promise.reject(storeError('a removal')),
    }));
    const torn = await backUp(vault.engine);
    assert.equal(recorded(torn, 'ReplicaFailed')[0]?.copies, 'perhaps-left');
    assert.equal(torn.summary.status, 'warning');

    await using mended = await openTestVault(folder);
    const next = await backUp(mended.engine);

    const [failed] = recorded(torn, 'ReplicaFailed');
    const [removed] = recorded(next, 'ReplicaRemoved');
    assert.equal(removed?.replicaSetId, failed?.replicaSetId);
    assert.equal(removed?.snapshotIds.length, 2);
    await assertNothingLeft(mended);
  });

  it('whose image-level backup fails keeps the set and its replica, like any other', async () => {
    await using vault = await openTestVault(folder, {
      decorate: ({ cloud }) => ({
        cloud: cloudWith(cloud, {
          snapshotBlocks: {
            open: () => Promise.reject(new SnapledgerError('DISK_UNREADABLE', 'no permission')),
          },
        }),
      }),
    });
    await setTestPolicy(vault, { keep: 1, transport: 'direct', replicas: [replica(1)] });

    const session = await backUp(vault.engine);

    assert.equal(session.summary.status, 'failed');
    assert.equal(recorded(session, 'Replicated').length, 1);
    const { history } = await vault.engine.describeItems(web1);
    const { sets, replicas, points } = history;
    assert.deepEqual([sets.length, replicas.length, points.length], [1, 1, 0]);
    assert.equal(replicas[0]?.condition, 'complete');
    await assertNothingLeft(vault);
  });

  it('cancelled while its copies are pending leaves none of them', async () => {
    await using vault = await openWith((inner) => ({
      describe: async (where, ids) =>
        (await inner.describe(where, ids)).map((copy) => ({ ...copy, state: 'pending' as const })),
    }));
    const cancel = new AbortController();
    const running = await vault.engine.startBackup({ instanceId: web1, signal: cancel.signal });

    const session = await watched(running, ({ type }) => {
      if (type === 'ReplicaStarted') cancel.abort(new SnapledgerError('CANCELLED', 'enough'));
    });

    assert.equal(session.summary.status, 'cancelled');
    assert.equal(recorded(session, 'ReplicaFailed')[0]?.problem.code, 'CANCELLED');
    await assertNothingLeft(vault);
  });

  it('copies to the targets that are asked for, and to none by hand', async () => {
    await using vault = await openTestVault(folder);
    const { engine } = vault;

    const without = await backUp(engine, { replicaTargets: [] });
    const byHand = await backUp(engine, { origin: { kind: 'manual', expiresAt: null } });

    assert.equal(recorded(without, 'ReplicaRequested').length, 0);
    assert.equal(recorded(byHand, 'ReplicaRequested').length, 0);
    await assertNothingLeft(vault);
  });
});
