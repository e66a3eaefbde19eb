import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import type { BlockIndex } from '../../../src/domain/identifiers.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { WorkerRequest } from '../../../src/ports/cloud/workers.ts';
import type { ChangedBlock } from '../../../src/ports/cloud/changed-blocks.ts';
import type { Cloud } from '../../../src/ports/cloud/cloud.ts';
import { cloudWith } from '../../support/engine/cloud-with.ts';
import { createHookedObjectStore } from '../../support/object-store/hooked-object-store.ts';
import { assertNothingLeft } from '../../support/vault/assert-nothing-left.ts';
import { backUp, readModes, recorded } from '../../support/vault/back-up.ts';
import { makeDisk, noise, writeBlock } from '../../support/vault/disk-image.ts';
import { addTestInstance, makeTestVault, web1 } from '../../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../../support/vault/open-test-vault.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/vault/temporary-folder.ts';

function isPlan(method: string, key: string): boolean {
  return method === 'create' && key.includes('/plan-');
}

const changedBlock: ChangedBlock = { index: 0 as BlockIndex, state: 'present' };

describe('the worker of a backup', () => {
  let temporary: TemporaryFolder;
  let folder: string;
  let disk: string;
  let changes = 0;

  before(async () => {
    temporary = await makeTemporaryFolder();
    disk = path.join(temporary.path, 'disk.img');
    await makeDisk(disk, ['a', 'b', null, 'c']);
    folder = await makeTestVault(temporary.path);
    await using vault = await openTestVault(folder);
    await addTestInstance(vault, [disk]);
  });
  after(() => temporary[Symbol.asyncDispose]());

  /** A vault that tells what it is asked to do with workers, and when a plan is written. */
  function watched(
    told: string[],
    other: (cloud: Cloud) => Parameters<typeof cloudWith>[1] = () => ({}),
  ): Promise<OpenTestVault> {
    return openTestVault(folder, {
      objectStore: (inner) =>
        createHookedObjectStore(inner, {
          before: ({ method, key }) => {
            if (isPlan(method, key) && told.at(-1) !== 'planned') told.push('planned');
            return Promise.resolve();
          },
        }),
      decorate: ({ cloud }) => ({
        cloud: cloudWith(cloud, {
          workers: {
            launch: (request: WorkerRequest) => {
              told.push('launch');
              return cloud.workers.launch(request);
            },
          },
          ...other(cloud),
        }),
      }),
    });
  }

  async function changeDisk(): Promise<void> {
    changes += 1;
    await writeBlock(disk, 1, noise(`change ${changes}`, blockSizeBytes));
  }

  it('is launched after the plan of a full read', async () => {
    const told: string[] = [];
    await using vault = await watched(told);
    const session = await backUp(vault.engine);
    assert.deepEqual(readModes(session), ['allocated: first-backup']);
    assert.deepEqual(told, ['planned', 'launch']);
  });

  it('boots while the changed blocks are planned, and is the one that the step finds', async () => {
    await changeDisk();
    const told: string[] = [];
    const workerIds: string[] = [];
    await using vault = await watched(told, (cloud) => ({
      workers: {
        launch: async (request) => {
          told.push('launch');
          const worker = await cloud.workers.launch(request);
          workerIds.push(worker.workerId);
          return worker;
        },
      },
    }));
    const session = await backUp(vault.engine);
    assert.deepEqual(readModes(session), ['changed']);
    assert.deepEqual(told, ['launch', 'planned', 'launch']);
    const [launched] = recorded(session, 'WorkerLaunched');
    assert.deepEqual(workerIds, [launched?.workerId, launched?.workerId]);
    await assertNothingLeft(vault);
  });

  it('is not launched when nothing has changed', async () => {
    const told: string[] = [];
    await using vault = await watched(told);
    const session = await backUp(vault.engine);
    assert.deepEqual(readModes(session), ['changed']);
    assert.deepEqual(told, ['planned']);
    assert.equal(session.summary.status, 'succeeded');
  });

  it('is removed when the plan then fails', async () => {
    await changeDisk();
    await using vault = await openTestVault(folder, {
      objectStore: (inner) =>
        createHookedObjectStore(inner, {
          before: ({ method, key }) => {
            if (!isPlan(method, key)) return Promise.resolve();
            throw new SnapledgerError('INVALID_ARGUMENT', 'this plan cannot be written');
          },
        }),
    });
    const session = await backUp(vault.engine);
    assert.equal(session.summary.status, 'failed');
    assert.deepEqual(recorded(session, 'WorkerLaunched'), []);
    const [removed] = recorded(session, 'WorkerRemoved');
    assert.equal(removed?.workers.length, 1);
    await assertNothingLeft(vault);
  });

  it('is launched by its own step when that ahead of the plan failed', async () => {
    await changeDisk();
    const told: string[] = [];
    await using vault = await watched(told, (cloud) => ({
      workers: {
        launch: (request) => {
          told.push('launch');
          if (told.length > 1) return cloud.workers.launch(request);
          throw new SnapledgerError('INVALID_ARGUMENT', 'the first request is refused');
        },
      },
    }));
    const session = await backUp(vault.engine, { instanceId: web1 });
    assert.equal(session.summary.status, 'succeeded');
    assert.deepEqual(told, ['launch', 'planned', 'launch']);
  });

  it('that an engine launched before it died is removed when there is nothing to read', async () => {
    const told: string[] = [];
    let lists = 0;
    await using vault = await watched(told, () => ({
      changedBlocks: {
        // What the engine before knew of, the one that goes on does not.
        listChangedBlocks: async function* () {
          lists += 1;
          yield await Promise.resolve(lists === 1 ? [changedBlock] : []);
        },
      },
    }));
    const session = await backUp(vault.engine);
    assert.equal(session.summary.status, 'succeeded');
    assert.deepEqual(recorded(session, 'WorkerLaunched'), []);
    assert.deepEqual(told, ['launch', 'planned']);
    await assertNothingLeft(vault);
  });
});
