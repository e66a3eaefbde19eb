import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { openFilesystemObjectStore } from '../../../src/adapters/filesystem/filesystem-object-store.ts';
import { startChild } from './child-process.ts';
import { authorOf } from './children/store-body.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

const sizeBytes = 32 * 1024 * 1024;
const rounds = 10;

describe('a process that is killed while it creates an object of 32 MiB', () => {
  it('leaves whole objects and nothing else to see, and the next open sweeps its rest', async (t) => {
    await using folder = await makeTemporaryFolder();
    const temporaryFolder = join(folder.path, '~tmp');
    let leftovers = 0;
    let objects = 0;
    for (let round = 0; round < rounds; round++) {
      await using creator = await startChild('endless-creator', [
        ...[folder.path, String(round * 100), String(sizeBytes)],
      ]);
      // at another moment each time: of the write, or of anything else
      if (round % 2 === 0)
        await temporaryFileReaches(temporaryFolder, sizeBytes * (round / rounds));
      else await sleep(5 + round * 9);
      await creator.kill();
      leftovers += existsSync(temporaryFolder) ? readdirSync(temporaryFolder).length : 0;

      const store = await openFilesystemObjectStore({ root: folder.path });
      for await (const { key, sizeBytes: listedBytes } of store.list('')) {
        assert.equal(listedBytes, sizeBytes);
        const number = Number(key.slice('killed/'.length));
        assert.equal(authorOf(await store.get(key), sizeBytes), number % 256);
        await store.delete(key);
        objects++;
      }
      assert.deepEqual(existsSync(temporaryFolder) ? readdirSync(temporaryFolder) : [], []);
    }
    t.diagnostic(`${rounds} kills left ${leftovers} temporary files and ${objects} objects`);
    assert.ok(leftovers > 0, 'no kill came in the middle of a write: nothing was tested');
  });
});

/** Waits until some temporary file has that size; it goes on growing meanwhile. */
async function temporaryFileReaches(temporaryFolder: string, bytes: number): Promise<void> {
  const reached = (name: string): boolean => {
    const stat = statSync(join(temporaryFolder, name), { throwIfNoEntry: false });
    return stat !== undefined && stat.size >= bytes;
  };
  while (!existsSync(temporaryFolder) || !readdirSync(temporaryFolder).some(reached)) {
    await setImmediate();
  }
}
