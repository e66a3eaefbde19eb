import assert from 'node:assert/strict';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openFilesystemObjectStore } from '../../../src/adapters/filesystem/filesystem-object-store.ts';
import { ownIdentity, type ProcessIdentity } from '../../../src/platform/process-identity.ts';
import { temporaryFileName } from '../../../src/adapters/filesystem/temporary-file-name.ts';
import { startChild } from './child-process.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

const self = ownIdentity();

describe('opening a folder store', () => {
  it('sweeps the temporary files of dead processes', async () => {
    const dead = { ...self, pid: await pidOfDeadProcess() };
    assert.deepEqual(await namesAfterOpen([{ owner: dead }]), []);
  });

  it('sweeps those of a dead process whose number another one has now', async () => {
    const before = { ...self, startTicks: self.startTicks - 1 };
    assert.deepEqual(await namesAfterOpen([{ owner: before }]), []);
  });

  it('leaves those of living processes, however old', async () => {
    const left = await namesAfterOpen([{ owner: self, ageHours: 1000 }]);
    assert.equal(left.length, 1);
  });

  it('leaves those of another machine or container for a day', async () => {
    for (const elsewhere of [{ bootId: '0'.repeat(32) }, { pidNamespace: '1' }]) {
      const foreign = { ...self, ...elsewhere };
      assert.equal((await namesAfterOpen([{ owner: foreign, ageHours: 23 }])).length, 1);
      assert.equal((await namesAfterOpen([{ owner: foreign, ageHours: 25 }])).length, 0);
    }
  });

  it('leaves what is not its own', async () => {
    await using folder = await makeTemporaryFolder();
    await mkdir(join(folder.path, '~tmp'));
    await writeFile(join(folder.path, '~tmp', 'notes.txt'), 'mine');

    await openFilesystemObjectStore({ root: folder.path });

    assert.deepEqual(await readdir(join(folder.path, '~tmp')), ['notes.txt']);
  });

  it('makes nothing: a store that is not there is empty', async () => {
    await using folder = await makeTemporaryFolder();
    const store = await openFilesystemObjectStore({ root: join(folder.path, 'absent') });

    assert.deepEqual(await Array.fromAsync(store.list('')), []);
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('rejects a root that is a file', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'file'), '');

    for (const root of ['file', 'file/below']) {
      await assert.rejects(openFilesystemObjectStore({ root: join(folder.path, root) }), {
        code: 'INVALID_ARGUMENT',
      });
    }
  });
});

interface Leftover {
  readonly owner: ProcessIdentity;
  readonly ageHours?: number;
}

async function namesAfterOpen(leftovers: readonly Leftover[]): Promise<readonly string[]> {
  await using folder = await makeTemporaryFolder();
  const temporaryFolder = join(folder.path, '~tmp');
  await mkdir(temporaryFolder);
  for (const [index, { owner, ageHours }] of leftovers.entries()) {
    const suffix = index.toString(16).padStart(24, '0');
    const path = join(temporaryFolder, temporaryFileName(owner, suffix));
    await writeFile(path, 'half an object');
    const writtenAtSeconds = Date.now() / 1000 - (ageHours ?? 0) * 60 * 60;
    await utimes(path, writtenAtSeconds, writtenAtSeconds);
  }
  await openFilesystemObjectStore({ root: folder.path });
  return await readdir(temporaryFolder);
}

async function pidOfDeadProcess(): Promise<number> {
  await using folder = await makeTemporaryFolder();
  await using child = await startChild('race-creator', [folder.path, '1', '1', '1']);
  await child.kill();
  return child.pid;
}
