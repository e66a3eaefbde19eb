import assert from 'node:assert/strict';
import { closeSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { openForHoles } from '../../src/platform/open-for-holes.ts';
import { pageAligned, pageSizeBytes } from '../../src/ports/page-aligned.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const sizeBytes = 64 * 1024 * 1024;

describe('a file opened once more for reading its holes', () => {
  it('is not opened where much of it was written', async () => {
    await using temporary = await makeTemporaryFolder();
    await using file = await open(path.join(temporary.path, 'dense'), 'w+');
    await file.write(Buffer.alloc(sizeBytes / 8, 1));
    await file.truncate(sizeBytes);
    assert.equal(openForHoles(file.fd), null);
  });

  it('gives what was written last, and zeros for holes, also after its name is gone', async (t) => {
    await using temporary = await makeTemporaryFolder();
    await using file = await open(path.join(temporary.path, 'sparse'), 'w+');
    await file.truncate(sizeBytes);
    await file.write(Buffer.alloc(pageSizeBytes, 7), 0, pageSizeBytes, sizeBytes / 2);
    const direct = openForHoles(file.fd);
    if (direct === null) {
      t.skip('no direct reads here');
      return;
    }
    try {
      const into = pageAligned(2 * pageSizeBytes);
      const from = sizeBytes / 2 - pageSizeBytes;
      assert.equal(readSync(direct, into, 0, into.length, from), into.length);
      const expected = Buffer.alloc(2 * pageSizeBytes).fill(7, pageSizeBytes);
      assert.deepEqual(Buffer.from(into), expected);
    } finally {
      closeSync(direct);
    }
  });
});
