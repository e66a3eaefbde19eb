import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { makeFolder } from '../../src/platform/make-folder.ts';

describe('making a folder', () => {
  it('makes those above it, each with the mode, and does nothing where it is', async () => {
    const root = await mkdtemp(path.join(tmpdir(), 'snapledger-folder-'));
    try {
      const deep = path.join(root, 'a', 'b', 'c');
      await Promise.all([makeFolder(deep, 0o700), makeFolder(deep, 0o700)]);
      await makeFolder(deep, 0o700);
      for (const made of ['a', 'a/b', 'a/b/c']) {
        assert.equal((await stat(path.join(root, made))).mode & 0o777, 0o700);
      }
      await writeFile(path.join(deep, 'file'), '');
      await assert.rejects(makeFolder(path.join(deep, 'file')), { code: 'EEXIST' });
      await assert.rejects(makeFolder(path.join(deep, 'file', 'd')), { code: 'ENOTDIR' });
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it('ends where a folder is and none can be made in it', async () => {
    await assert.rejects(makeFolder('/proc/nowhere/below'), { code: 'ENOENT' });
  });
});
