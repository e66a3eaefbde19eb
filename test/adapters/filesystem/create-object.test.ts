import assert from 'node:assert/strict';
import { readdirSync, unlinkSync } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, it, mock } from 'node:test';
import { openFilesystemObjectStore } from '../../../src/adapters/filesystem/filesystem-object-store.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

const body = new TextEncoder().encode('body');

describe('creating an object in a folder', () => {
  it('keeps it from other users, at the path that its key says', async () => {
    await using folder = await makeTemporaryFolder();
    const root = join(folder.path, 'new', 'repository');
    const store = await openFilesystemObjectStore({ root });

    await store.create('points/i-1/s-1' as ObjectKey, body);

    const modeOf = async (path: string): Promise<number> =>
      (await lstat(join(root, path))).mode & 0o777;
    assert.equal(await modeOf('points/i-1/s-1'), 0o600);
    for (const path of ['', 'points', 'points/i-1', '~tmp']) {
      assert.equal(await modeOf(path), 0o700, path);
    }
    assert.deepEqual(await readdir(join(root, '~tmp')), []);
  });

  it('does not show what lies in the temporary folder', async () => {
    await using folder = await makeTemporaryFolder();
    const store = await openFilesystemObjectStore({ root: folder.path });
    await store.create('a' as ObjectKey, body);
    await (await open(join(folder.path, '~tmp', 'foreign'), 'wx')).close();

    const keys = await Array.fromAsync(store.list(''), (object) => object.key);

    assert.deepEqual(keys, ['a']);
  });

  it('removes the folders that become empty, and never the store itself', async () => {
    await using folder = await makeTemporaryFolder();
    const store = await openFilesystemObjectStore({ root: folder.path });
    await store.create('a/b/c/d' as ObjectKey, body);
    await store.create('a/e' as ObjectKey, body);

    await store.delete('a/b/c/d' as ObjectKey);
    assert.deepEqual(await readdir(join(folder.path, 'a')), ['e']);

    await store.delete('a/e' as ObjectKey);
    assert.deepEqual(await readdir(folder.path), ['~tmp']);
  });

  it('writes again what another process swept away by mistake', async () => {
    await using folder = await makeTemporaryFolder();
    const store = await openFilesystemObjectStore({ root: folder.path });
    await store.create('first' as ObjectKey, body);
    const large = new Uint8Array(8 * 1024 * 1024).fill(7);
    let swept = 0;
    const sweepOnce = async (): Promise<void> => {
      while (swept === 0) {
        for (const name of readdirSync(join(folder.path, '~tmp'))) {
          unlinkSync(join(folder.path, '~tmp', name));
          swept++;
        }
        await setImmediate();
      }
    };

    await Promise.all([store.create('large' as ObjectKey, large), sweepOnce()]);

    assert.equal(swept, 1);
    assert.deepEqual(await store.get('large' as ObjectKey), large);
    assert.deepEqual(await readdir(join(folder.path, '~tmp')), []);
  });
});

const noProc = process.platform === 'linux' ? false : 'paths of open files are read from /proc';

describe('durability of a folder store', { skip: noProc }, () => {
  it('syncs the data before the name exists, then every folder on the way once', async () => {
    await using folder = await makeTemporaryFolder();
    await using synced = await watchSyncs(folder.path);
    const store = await openFilesystemObjectStore({ root: join(folder.path, 'repository') });

    await store.create('packs/s/1' as ObjectKey, body);
    assert.deepEqual(synced.take(), [
      ...['repository', '.'], // because the first creation made the store's own folder
      'repository/~tmp/*',
      ...['repository/packs/s', 'repository/packs', 'repository'],
    ]);

    await store.create('packs/s/2' as ObjectKey, body);
    assert.deepEqual(synced.take(), ['repository/~tmp/*', 'repository/packs/s']);

    await store.create('packs/t/1' as ObjectKey, body);
    assert.deepEqual(synced.take(), [
      'repository/~tmp/*',
      ...['repository/packs/t', 'repository/packs'],
    ]);
  });

  it('syncs the way to an object anew when another process may have made it', async () => {
    await using folder = await makeTemporaryFolder();
    const store = await openFilesystemObjectStore({ root: folder.path });
    const other = await openFilesystemObjectStore({ root: folder.path });
    await store.create('packs/s/1' as ObjectKey, body);
    await other.delete('packs/s/1' as ObjectKey);
    await other.create('packs/s/2' as ObjectKey, body);
    await using synced = await watchSyncs(folder.path);

    await store.create('packs/s/3' as ObjectKey, body);

    assert.deepEqual(synced.take(), ['~tmp/*', 'packs/s', 'packs', '.']);
  });

  it('makes an object durable before it tells anybody that it exists', async () => {
    await using folder = await makeTemporaryFolder();
    const store = await openFilesystemObjectStore({ root: folder.path });
    await store.create('packs/s/1' as ObjectKey, body);
    const other = await openFilesystemObjectStore({ root: folder.path });
    await using synced = await watchSyncs(folder.path);

    await assert.rejects(other.create('packs/s/1' as ObjectKey, body), { code: 'OBJECT_EXISTS' });

    assert.deepEqual(synced.take(), ['packs/s', 'packs', '.']);
  });

  it('makes a removal durable, also one that somebody else began', async () => {
    await using folder = await makeTemporaryFolder();
    const store = await openFilesystemObjectStore({ root: folder.path });
    await store.create('packs/s/1' as ObjectKey, body);
    await store.create('packs/t/1' as ObjectKey, body);
    await using synced = await watchSyncs(folder.path);

    await store.delete('packs/s/1' as ObjectKey);
    assert.deepEqual(synced.take(), ['packs']);

    await store.delete('packs/s/1' as ObjectKey);
    assert.deepEqual(synced.take(), ['packs']);
  });
});

interface SyncWatch extends AsyncDisposable {
  /** What was synced since the last call, relative to the folder; the name in `~tmp` as `*`. */
  take(): readonly string[];
}

/** Listens to every fsync that goes through a FileHandle, and lets it happen. */
async function watchSyncs(folder: string): Promise<SyncWatch> {
  const paths: string[] = [];
  await using sample = await open(folder, 'r');
  const prototype = Object.getPrototypeOf(sample) as typeof sample;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with `this` below
  const { sync } = prototype;
  const watch = mock.method(prototype, 'sync', async function (this: typeof sample) {
    const path = await readlink(`/proc/self/fd/${this.fd}`);
    const { nlink } = await this.stat();
    const temporary = nlink === 1 ? '~tmp/*' : 'named before it was synced';
    paths.push(path.slice(folder.length + 1).replace(/~tmp\/.*/, temporary) || '.');
    await sync.call(this);
  });
  return {
    take: () => paths.splice(0),
    [Symbol.asyncDispose]: () => {
      watch.mock.restore();
      return Promise.resolve();
    },
  };
}
