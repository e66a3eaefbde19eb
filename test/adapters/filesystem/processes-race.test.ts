import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openFilesystemObjectStore } from '../../../src/adapters/filesystem/filesystem-object-store.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { startChild, type TestChild } from './child-process.ts';
import { authorOf } from './children/store-body.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

const keyCount = 200;
const sizeBytes = 20_000;

describe('processes that race for the same keys', () => {
  for (const processCount of [2, 4]) {
    it(`have one winner for each key: ${processCount} of them`, async (t) => {
      await using folder = await makeTemporaryFolder();
      await using children = new AsyncDisposableStack();
      const authors = Array.from({ length: processCount }, (_, n) => n + 1);
      const racers = await Promise.all(
        authors.map(async (author) => {
          const options = [folder.path, author, keyCount, sizeBytes].map(String);
          return children.use(await startChild('race-creator', options));
        }),
      );
      for (const racer of racers) racer.writeLine('go');

      const won = await Promise.all(racers.map(readWonKeys));

      t.diagnostic(`keys won: ${won.map((keys) => keys.length).join(', ')}`);
      const all = won.flat().sort((a, b) => a - b);
      assert.deepEqual(
        all,
        Array.from({ length: keyCount }, (_, n) => n),
      );
      const store = await openFilesystemObjectStore({ root: folder.path });
      for (const [index, numbers] of won.entries()) {
        for (const number of numbers) {
          const body = await store.get(`race/${number % 10}/${number}` as ObjectKey);
          assert.equal(authorOf(body, sizeBytes), authors[index]);
        }
      }
      assert.deepEqual(await readdir(join(folder.path, '~tmp')), []);
    });
  }
});

async function readWonKeys(racer: TestChild): Promise<readonly number[]> {
  return JSON.parse(await racer.nextLine()) as readonly number[];
}
