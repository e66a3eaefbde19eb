import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openFilesystemObjectStore } from '../../../src/adapters/filesystem/filesystem-object-store.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

describe('listing a folder store', () => {
  it('is complete and in order for a folder larger than what it holds in memory', async () => {
    await using folder = await makeTemporaryFolder();
    mkdirSync(join(folder.path, 'large'));
    const keys = Array.from({ length: 40_000 }, (_, n) => `large/${(n * 7919) % 1_000_003}`);
    for (const key of keys) writeFileSync(join(folder.path, key), '');
    const store = await openFilesystemObjectStore({ root: folder.path });

    const found = await Array.fromAsync(store.list('large/'), (object) => object.key);

    assert.deepEqual(found, keys.sort());
  });

  it('leaves out what can be no object, and get and head do not know it either', async () => {
    await using folder = await makeTemporaryFolder();
    await writeFile(join(folder.path, 'object'), 'sound');
    await writeFile(join(folder.path, 'no key.txt'), 'x');
    await mkdir(join(folder.path, 'lost+found'));
    await writeFile(join(folder.path, 'lost+found', 'a'), 'x');
    await mkdir(join(folder.path, 'empty'));
    symlinkSync('object', join(folder.path, 'link'));
    const store = await openFilesystemObjectStore({ root: folder.path });

    assert.deepEqual(await Array.fromAsync(store.list('')), [{ key: 'object', sizeBytes: 5 }]);
    for (const key of ['link', 'empty'] as ObjectKey[]) {
      assert.equal(await store.head(key), null);
      await assert.rejects(store.get(key), { code: 'OBJECT_NOT_FOUND' });
    }
  });
});
