import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { openFilesystemObjectStore } from '../../../src/adapters/filesystem/filesystem-object-store.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);
const unable = await whyNoTmpfs();

describe('a disk that is full', { skip: unable }, () => {
  it('rejects what has no room, leaves nothing of it, and goes on when there is room', async () => {
    await using disk = await mountTmpfs('size=8m');
    const store = await openFilesystemObjectStore({ root: disk.path });
    const large = new Uint8Array(5 * 1024 * 1024).fill(1);
    await store.create('packs/s/1' as ObjectKey, large);

    await assert.rejects(store.create('packs/t/2' as ObjectKey, [large, large]), {
      code: 'STORE_FULL',
      retry: 'permanent',
    });

    assert.deepEqual(await treeOf(disk.path), ['packs', 'packs/s', 'packs/s/1', '~tmp']);
    assert.equal(await store.head('packs/t/2' as ObjectKey), null);
    await store.delete('packs/s/1' as ObjectKey);
    await store.create('packs/t/2' as ObjectKey, large);
    assert.deepEqual(await store.get('packs/t/2' as ObjectKey), large);
  });

  it('rejects an object whose folders have no room, and removes those it had made', async () => {
    // the root, ~tmp, the temporary file and two of the four folders
    await using disk = await mountTmpfs('size=1m,nr_inodes=6');
    const store = await openFilesystemObjectStore({ root: disk.path });

    await assert.rejects(store.create('a/b/c/d/e' as ObjectKey, new Uint8Array(10)), {
      code: 'STORE_FULL',
    });

    assert.deepEqual(await treeOf(disk.path), ['~tmp']);
    await store.create('a' as ObjectKey, new Uint8Array(10));
  });
});

async function treeOf(path: string): Promise<readonly string[]> {
  return (await readdir(path, { recursive: true })).sort();
}

async function mountTmpfs(options: string): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await makeTemporaryFolder();
  const path = join(folder.path, 'disk');
  await mkdir(path);
  await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await run('umount', [path]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function whyNoTmpfs(): Promise<string | false> {
  if (process.platform !== 'linux') return 'needs tmpfs, which is of Linux';
  try {
    await using disk = await mountTmpfs('size=1m');
    return disk.path === '' ? 'no mount' : false;
  } catch (error) {
    return `needs leave to mount a tmpfs: ${error instanceof Error ? error.message : 'none'}`;
  }
}
