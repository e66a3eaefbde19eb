import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EndedProgram, runProgram } from '../support/engine/run-program.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import {
  backUp,
  blockTotals,
  type BlockTotals,
  finished,
  readModes,
  recorded,
} from '../support/vault/back-up.ts';
import { makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import {
  addTestInstance,
  copyVault,
  makeTestVault,
  setTestPolicy,
} from '../support/vault/make-test-vault.ts';
import { type OpenTestVault, openTestVault } from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

/**
 * The appends of one incremental backup: the claim, those of the session, the release.
 * Known here because tests are named before they run; the first test holds it to the truth.
 */
const appendsOfBackup = 21;

/** Cases at the same time: each is a process, a worker and an engine. */
const concurrency = 2;

describe('an engine killed around any append of an incremental backup', { concurrency }, () => {
  let temporary: TemporaryFolder;
  let prepared: string;
  let diskDigests: readonly string[];
  let reference: BlockTotals;

  before(async () => {
    temporary = await makeTemporaryFolder();
    const disks = ['a.img', 'b.img'].map((name) => path.join(temporary.path, name));
    const [first = '', second = ''] = disks;
    await makeDisk(first, ['a0', 'a1', null, 'a3', 'a4'], 4 * 512 * 1024 + 512);
    await makeDisk(second, ['b0', 'b1']);
    prepared = await makeTestVault(temporary.path);
    await using vault = await openTestVault(prepared);
    // One set is kept, so that the backup under test also removes the set before it.
    await addTestInstance(vault, disks, { keep: 1 });
    assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
    await writeBlock(first, 1, noise('changed', 512 * 1024));
    await writeBlock(first, 3, Buffer.alloc(512 * 1024));
    await writeBlock(second, 0, noise('a0', 512 * 1024));
    diskDigests = await Promise.all(disks.map(sha256OfFile));
    reference = await referenceBackup();
  });
  after(() => temporary[Symbol.asyncDispose]());

  const runKilled = (when: string, number: number, folder: string): Promise<EndedProgram> => {
    const compileCache = path.join(temporary.path, 'compile-cache');
    return runProgram('killed-backup.ts', [when, `${number}`, folder], { compileCache });
  };

  async function referenceBackup(): Promise<BlockTotals> {
    await using vault = await openTestVault(
      await copyVault(prepared, path.join(temporary.path, 'reference')),
    );
    const backup = await backUp(vault.engine);
    assert.deepEqual(readModes(backup), ['changed', 'changed']);
    assert.equal(recorded(backup, 'SnapshotRemoved').length, 1);
    return blockTotals(backup);
  }

  it('was one that appends as often as is tested here', async () => {
    const folder = await copyVault(prepared, path.join(temporary.path, 'alive'));
    const alive = await runKilled('never', 0, folder);
    assert.deepEqual(alive, {
      exitCode: 0,
      signal: null,
      stderr: '',
      stdout: `${appendsOfBackup}`,
    });
    assert.deepEqual(reference, { read: 3, unchanged: 0, zero: 1, deduplicated: 0, stored: 2 });
  });

  for (let number = 1; number <= appendsOfBackup; number += 1) {
    for (const when of ['before', 'after'] as const) {
      it(`leaves a session that another one completes: ${when} append ${number}`, async () => {
        const copy = path.join(temporary.path, `${when}-${number}`);
        const folder = await copyVault(prepared, copy);
        const dead = await runKilled(when, number, folder);
        assert.deepEqual(
          { ...dead, stdout: '' },
          {
            exitCode: null,
            signal: 'SIGKILL',
            stderr: '',
            stdout: '',
          },
        );
        await using vault = await openTestVault(folder);
        const began = number > 2 || (number === 2 && when === 'after');
        const released = number === appendsOfBackup && when === 'after';
        await completes(vault, !began ? 'not-begun' : released ? 'released' : 'open');
        await nextIsIncremental(vault);
      });
    }
  }

  async function completes(
    vault: OpenTestVault,
    left: 'not-begun' | 'open' | 'released',
  ): Promise<void> {
    const { engine } = vault;
    const resumed = await engine.resumeInterrupted();
    assert.equal(resumed.length, left === 'open' ? 1 : 0);
    for (const running of resumed) {
      const session = await finished(running);
      assert.equal(session.summary.status, 'succeeded');
      assert.deepEqual(blockTotals(session), reference);
      assert.deepEqual(readModes(session), ['changed', 'changed']);
    }
    await assertNothingLeft(vault);
    const sessions = await engine.listSessions();
    assert.deepEqual(
      sessions.map(({ status }) => status),
      left === 'not-begun' ? ['succeeded'] : ['succeeded', 'succeeded'],
    );
    const points = await Array.fromAsync(engine.listPoints());
    assert.equal(points.length, sessions.length);
    const newest = points.at(-1);
    assert.ok(newest !== undefined);
    if (left !== 'not-begun') {
      assert.deepEqual(await restoredDigests(vault, newest.pointId), diskDigests);
    }
  }

  /** What comes after needs no worker of its own: it is about the base that the others have left. */
  async function nextIsIncremental(vault: OpenTestVault): Promise<void> {
    await setTestPolicy(vault, { keep: 1, transport: 'direct' });
    const next = await backUp(vault.engine);
    assert.equal(next.summary.status, 'succeeded');
    assert.deepEqual(readModes(next), ['changed', 'changed']);
    assert.equal(
      (await Array.fromAsync(vault.engine.listPoints())).at(-1)?.pointId,
      next.summary.pointId,
    );
  }
});
