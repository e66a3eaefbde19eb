import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createEbsBlockSource } from '../../../../src/adapters/aws/ebs/ebs-block-source.ts';
import { createEbsChangedBlocks } from '../../../../src/adapters/aws/ebs/ebs-changed-blocks.ts';
import { openLocalCloud } from '../../../../src/adapters/local-cloud/local-cloud.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { BlockIndex } from '../../../../src/domain/identifiers.ts';
import { vaultLayout } from '../../../../src/vault/vault-layout.ts';
import { workerProgramPath } from '../../../../src/vault/program-file.ts';
import { type EbsData, localEbsData } from '../../../support/aws/ebs/ebs-data.ts';
import { cloudWith } from '../../../support/engine/cloud-with.ts';
import {
  backUp,
  blockTotals,
  type FinishedSession,
  readModes,
  recorded,
} from '../../../support/vault/back-up.ts';
import { makeDisk, noise, writeBlock } from '../../../support/vault/disk-image.ts';
import { addTestInstance, makeTestVault, web1 } from '../../../support/vault/make-test-vault.ts';
import { type OpenTestVault, openTestVault } from '../../../support/vault/open-test-vault.ts';
import {
  makeTemporaryFolder,
  type TemporaryFolder,
} from '../../../support/vault/temporary-folder.ts';
import { sharedCompileCache } from '../../../support/shared-compile-cache.ts';
import { type EbsRig, startEbsRig } from './ebs-rig.ts';

describe('backups whose changed blocks come from EBS direct (a fake)', { timeout: 200_000 }, () => {
  let temporary: TemporaryFolder;
  let disk: string;
  let rig: EbsRig;
  let vault: OpenTestVault;
  /** Snapshots that were moved to the archive. */
  const archived = new Set<string>();
  let changes = 0;

  before(async () => {
    temporary = await makeTemporaryFolder();
    const folder = await makeTestVault(temporary.path);
    const cloudFolder = vaultLayout(folder).cloud;
    const local = await openLocalCloud({
      folder: cloudFolder,
      clock: systemClock,
      random: systemRandom,
      workerProgram: [workerProgramPath()],
      workerEnvironment: sharedCompileCache(),
    });
    rig = await startEbsRig(withArchive(localEbsData(local, cloudFolder), archived));
    vault = await openTestVault(folder, {
      decorate: ({ cloud }) => ({
        cloud: cloudWith(cloud, { changedBlocks: createEbsChangedBlocks(rig.connection) }),
      }),
    });
    disk = path.join(temporary.path, 'disk.img');
    await makeDisk(disk, ['a', 'b', null, 'c', null, 'd']);
    await addTestInstance(vault, [disk]);
    const first = await backUp(vault.engine);
    assert.equal(first.summary.status, 'succeeded');
    assert.deepEqual(readModes(first), ['allocated: first-backup']);
    assert.equal(blockTotals(first).read, 4);
  });
  after(async () => {
    await vault[Symbol.asyncDispose]();
    await rig[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    rig.fake.faults.clear();
  });

  async function changeAndBackUp(): Promise<FinishedSession> {
    changes += 1;
    await writeBlock(disk, 1, noise(`change ${changes}`, blockSizeBytes));
    const session = await backUp(vault.engine);
    assert.equal(session.summary.status, 'succeeded', JSON.stringify(session.summary.problems));
    return session;
  }

  it('read what has changed', async () => {
    const session = await changeAndBackUp();

    assert.deepEqual(readModes(session), ['changed']);
    assert.equal(blockTotals(session).read, 1);
  });

  it('read it also through throttling and cut lines', async () => {
    const throttled = { kind: 'error', status: 400, code: 'ThrottlingException' } as const;
    rig.fake.faults.arm('ListChangedBlocks', throttled);
    rig.fake.faults.arm('ListChangedBlocks', { kind: 'cut-in-reply', afterBytes: 30 });

    assert.deepEqual(readModes(await changeAndBackUp()), ['changed']);
  });

  it('read all that exists when the base cannot be compared with, and say so', async () => {
    const [base] = (await lastSnapshots()).slice(-1);
    archived.add(base ?? '');

    const session = await changeAndBackUp();

    assert.deepEqual(readModes(session), ['allocated: unrelated-snapshots']);
    assert.deepEqual(blockTotals(session).stored, 1);
  });

  it('read everything without the permission to list, and say so', async () => {
    const denied = { kind: 'error', status: 403, code: 'AccessDeniedException' } as const;
    rig.fake.faults.arm('ListChangedBlocks', denied, Infinity);
    rig.fake.faults.arm('ListSnapshotBlocks', denied, Infinity);

    const session = await changeAndBackUp();

    assert.deepEqual(readModes(session), ['everything: no-permission']);
    assert.deepEqual(blockTotals(session).stored, 1);
  });

  it('could read the blocks themselves that way', async () => {
    const session = await changeAndBackUp();
    const [taken] = recorded(session, 'SnapshotTaken').flatMap(({ snapshots }) => snapshots);
    assert.ok(taken !== undefined);
    const { snapshotId, sizeBytes } = taken;
    const source = createEbsBlockSource(rig.connection, { snapshotId, sizeBytes });
    const into = new Uint8Array(sizeBytes);

    await source.read(0 as BlockIndex, sizeBytes / blockSizeBytes, into);
    await source.close();

    assert.equal(Buffer.compare(into, await readFile(disk)), 0);
    // a block that was never written is absent, and read without asking for it
    assert.equal(rig.fake.faults.calls('GetSnapshotBlock'), 4);
  });

  async function lastSnapshots(): Promise<readonly string[]> {
    const snapshots = await vault.cloud.snapshots.listOf(web1);
    return snapshots.map(({ snapshotId }) => snapshotId);
  }
});

function withArchive(data: EbsData, archived: ReadonlySet<string>): EbsData {
  return {
    ...data,
    find: async (snapshotId) => {
      const found = await data.find(snapshotId);
      return found !== null && archived.has(snapshotId) ? { ...found, state: 'archived' } : found;
    },
  };
}
