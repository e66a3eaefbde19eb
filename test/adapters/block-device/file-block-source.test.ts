import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openFileBlockSource } from '../../../src/adapters/block-device/file-block-source.ts';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import type { BlockIndex } from '../../../src/domain/identifiers.ts';

const at = (index: number): BlockIndex => index as BlockIndex;

describe('a block source over a file', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'block-source-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function makeDisk(name: string, sizeBytes: number): Promise<[string, Buffer]> {
    const path = join(folder, name);
    const content = Buffer.alloc(sizeBytes);
    for (let offset = 0; offset < sizeBytes; offset += 512) {
      content.writeUInt32LE(offset, offset);
    }
    await writeFile(path, content);
    return [path, content];
  }

  it('reads runs of blocks into shared memory, the short last one included', async () => {
    const [path, content] = await makeDisk('short-end', 3 * blockSizeBytes + 1024);
    const source = await openFileBlockSource(path);
    assert.equal(source.sizeBytes, content.length);
    const run = new Uint8Array(new SharedArrayBuffer(2 * blockSizeBytes + 1024));
    const one = new Uint8Array(blockSizeBytes);
    await Promise.all([
      source.read(at(2), 2, run.subarray(0, blockSizeBytes + 1024)),
      source.read(at(1), 1, one),
    ]);
    assert.equal(
      Buffer.compare(run.subarray(0, blockSizeBytes + 1024), content.subarray(2 * blockSizeBytes)),
      0,
    );
    assert.equal(Buffer.compare(one, content.subarray(blockSizeBytes, 2 * blockSizeBytes)), 0);
    await source.close();
  });

  it('says that the disk changed when it ends before its size', async () => {
    const [path] = await makeDisk('shrinks', 2 * blockSizeBytes);
    const source = await openFileBlockSource(path);
    await truncate(path, blockSizeBytes + 100);
    const into = new Uint8Array(2 * blockSizeBytes);
    await assert.rejects(source.read(at(0), 2, into), {
      code: 'DISK_CHANGED',
      message: /ends at byte 524388/,
    });
    await source.close();
  });

  it('does not read what is appended after it was opened', async () => {
    const [path, content] = await makeDisk('grows', blockSizeBytes + 512);
    const source = await openFileBlockSource(path);
    await writeFile(path, 'more', { flag: 'a' });
    const into = new Uint8Array(512);
    await source.read(at(1), 1, into);
    assert.equal(Buffer.compare(into, content.subarray(blockSizeBytes)), 0);
    await source.close();
  });

  it('refuses a disk that is missing, empty, a folder, or shorter than stated', async () => {
    const [empty] = await makeDisk('empty', 0);
    const [small] = await makeDisk('small', 512);
    await assert.rejects(openFileBlockSource(join(folder, 'none')), { code: 'DISK_MISSING' });
    await assert.rejects(openFileBlockSource(empty), { code: 'DISK_EMPTY' });
    await assert.rejects(openFileBlockSource(folder), { code: 'DISK_UNREADABLE' });
    await assert.rejects(openFileBlockSource(small, { sizeBytes: 1024 }), { code: 'DISK_CHANGED' });
  });

  it('tells which byte cannot be read', async () => {
    const [path] = await makeDisk('closed', blockSizeBytes);
    const source = await openFileBlockSource(path);
    await source.close();
    await assert.rejects(source.read(at(0), 1, new Uint8Array(blockSizeBytes)), {
      code: 'DISK_UNREADABLE',
      message: /at byte 0/,
    });
  });
});
