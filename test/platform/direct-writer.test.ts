import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DirectWriter } from '../../src/platform/direct-writer.ts';
import { pageAligned } from '../../src/ports/page-aligned.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const mebibyte = 1024 * 1024;

describe('a direct writer', () => {
  let temporary: TemporaryFolder;
  let file: FileHandle;
  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    file = await open(path.join(temporary.path, 'file'), 'wx');
  });
  afterEach(async () => {
    await file.close();
    await temporary[Symbol.asyncDispose]();
  });

  /** What the file has after `contents` were written at their places. */
  const written = async (contents: readonly (readonly [number, Uint8Array])[]): Promise<Buffer> => {
    const writer = new DirectWriter(file);
    for (const [offsetBytes, bytes] of contents) await writer.write(offsetBytes, bytes);
    await writer.settle();
    await writer.close();
    return readFile(path.join(temporary.path, 'file'));
  };

  it('counts what is left for a sync to write, and nothing else', async () => {
    const writer = new DirectWriter(file);
    await writer.write(0, pageAligned(2 * mebibyte));
    await writer.settle();
    // Where there are no direct writes, everything is.
    assert.ok([0, 2 * mebibyte].includes(writer.bufferedBytes));
    await writer.write(3 * mebibyte + 1, Buffer.alloc(1000));
    await writer.settle();
    assert.ok([1000, 2 * mebibyte + 1000].includes(writer.bufferedBytes));
    await writer.close();
  });

  for (const [what, offsetBytes, lengthBytes] of [
    ['whole units', 64 * 1024, 128 * 1024],
    ['more than one write takes', 0, 11 * mebibyte],
    ['an end that is no whole unit', 64 * 1024, 5 * mebibyte + 4096 + 512],
    ['less than a unit', 64 * 1024, 100],
    ['a place where no unit begins', 512, 3 * mebibyte],
    ['nothing', 0, 0],
  ] as const) {
    const bytes = pattern(lengthBytes);
    const expected = Buffer.concat([Buffer.alloc(offsetBytes), bytes]);

    it(`writes ${what}`, async () => {
      assert.ok((await written([[offsetBytes, bytes]])).equals(expected));
    });

    it(`writes ${what}, from where it is in page-aligned memory`, async () => {
      const pages = pageAligned(Math.max(1, lengthBytes)).subarray(0, lengthBytes);
      pages.set(bytes);
      assert.ok((await written([[offsetBytes, pages]])).equals(expected));
    });
  }

  it('keeps neighbours that share a unit', async () => {
    const whole = pattern(4 * mebibyte);
    const cut = 2 * mebibyte + 512;
    const halves = [whole.subarray(0, cut), whole.subarray(cut)] as const;
    const result = await written([
      [0, halves[0]],
      [cut, halves[1]],
    ]);
    assert.ok(result.equals(whole));
  });

  for (const [memory, reused] of [
    ['any memory', Buffer.alloc(mebibyte)],
    ['page-aligned memory', pageAligned(mebibyte)],
  ] as const) {
    it(`has taken what it was given in ${memory} when a write resolves`, async () => {
      const expected = Array.from({ length: 20 }, (_, index) => Buffer.alloc(mebibyte, index + 1));
      const writer = new DirectWriter(file);
      for (const [index, bytes] of expected.entries()) {
        reused.set(bytes);
        await writer.write(index * mebibyte, reused);
      }
      await writer.settle();
      await writer.close();
      const result = await readFile(path.join(temporary.path, 'file'));
      assert.ok(result.equals(Buffer.concat(expected)));
    });
  }

  it('takes any number of writes at once', async () => {
    const expected = Array.from({ length: 20 }, (_, index) => Buffer.alloc(mebibyte, index + 1));
    const writer = new DirectWriter(file);
    await Promise.all(expected.map((bytes, index) => writer.write(index * mebibyte, bytes)));
    await writer.settle();
    await writer.close();
    const result = await readFile(path.join(temporary.path, 'file'));
    assert.ok(result.equals(Buffer.concat(expected)));
  });

  it('tells all of many writes at once that one has failed', async () => {
    const readOnly = await open(path.join(temporary.path, 'file'), 'r');
    const writer = new DirectWriter(readOnly);
    const bytes = pattern(100);
    const writes = Array.from({ length: 20 }, (_, index) => writer.write(index * mebibyte, bytes));
    const settled = await Promise.allSettled(writes);
    assert.equal(settled.at(-1)?.status, 'rejected');
    await writer.close();
    await readOnly.close();
  });

  it('tells of a failed write, then and ever after', async () => {
    const readOnly = await open(path.join(temporary.path, 'file'), 'r');
    const writer = new DirectWriter(readOnly);
    await writer.write(0, pattern(100));
    await assert.rejects(writer.settle(), { code: 'EBADF' });
    await assert.rejects(writer.write(0, pattern(100)), { code: 'EBADF' });
    await assert.rejects(writer.write(0, pageAligned(100)), { code: 'EBADF' });
    await writer.close();
    await readOnly.close();
  });
});

/** Bytes without repetition. */
function pattern(lengthBytes: number): Buffer {
  return createHash('shake256', { outputLength: Math.max(1, lengthBytes) })
    .digest()
    .subarray(0, lengthBytes);
}
