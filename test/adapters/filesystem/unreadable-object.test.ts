import assert from 'node:assert/strict';
import { type FileHandle, open } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { openFilesystemObjectStore } from '../../../src/adapters/filesystem/filesystem-object-store.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { pagesFor, sharedPageAligned } from '../../../src/ports/page-aligned.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

const key = 'packs/a' as ObjectKey;

/** A real file cannot be given a bad sector: what the system call answers is replaced. */
async function replaceRead(t: TestContext, read: () => Promise<unknown>): Promise<void> {
  await using handle = await open(import.meta.filename);
  t.mock.method(Object.getPrototypeOf(handle) as FileHandle, 'read', read);
}

describe('an object that the disk cannot read', () => {
  for (const [what, message, read] of [
    [
      'has a bad sector',
      /"packs\/a" is damaged: the disk cannot read it near byte 1/,
      () => Promise.reject(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })),
    ],
    [
      'is cut short meanwhile',
      /"packs\/a" is damaged: it was cut short to 1 bytes/,
      () => Promise.resolve({ bytesRead: 0 }),
    ],
  ] as const) {
    it(`is damaged, and the store is not unavailable: it ${what}`, async (t) => {
      await using folder = await makeTemporaryFolder();
      const store = await openFilesystemObjectStore({ root: folder.path });
      await store.create(key, Buffer.from('content'));
      await replaceRead(t, read);

      await assert.rejects(store.get(key, { offset: 1, lengthBytes: 3 }), {
        code: 'OBJECT_CORRUPT',
        message,
      });
    });
  }

  for (const [what, message, read] of [
    [
      'has a bad sector',
      /"packs\/a" is damaged: the disk cannot read it near byte 5000/,
      () => Promise.reject(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })),
    ],
    [
      'is cut short meanwhile',
      /"packs\/a" is damaged: it was cut short to 5000 bytes/,
      () => Promise.resolve({ bytesRead: 0 }),
    ],
  ] as const) {
    it(`is damaged when it is read into memory that is lent: it ${what}`, async (t) => {
      await using folder = await makeTemporaryFolder();
      const store = await openFilesystemObjectStore({ root: folder.path });
      await store.create(key, Buffer.alloc(1024 * 1024));
      const range = { offset: 5000, lengthBytes: 512 * 1024 };
      const room = new Uint8Array(sharedPageAligned(pagesFor(range.lengthBytes)));
      await replaceRead(t, read);

      await assert.rejects(store.get(key, range, room), { code: 'OBJECT_CORRUPT', message });
    });
  }

  for (const [what, read] of [
    [
      'has no other reads',
      () => Promise.reject(Object.assign(new Error('EINVAL'), { code: 'EINVAL' })),
    ],
    ['gives less than was asked for', () => Promise.resolve({ bytesRead: 4196 })],
  ] as const) {
    it(`is read by way of the page cache where the file system ${what}`, async (t) => {
      await using folder = await makeTemporaryFolder();
      const store = await openFilesystemObjectStore({ root: folder.path });
      const content = Buffer.alloc(1024 * 1024, 'content');
      await store.create(key, content);
      const range = { offset: 7, lengthBytes: 512 * 1024 };
      const room = new Uint8Array(sharedPageAligned(pagesFor(range.lengthBytes)));
      await replaceRead(t, () => {
        t.mock.restoreAll();
        return read();
      });

      const part = await store.get(key, range, room);

      assert.equal(Buffer.compare(part, content.subarray(7, 7 + range.lengthBytes)), 0);
    });
  }

  it('is unavailable for any other reason of the operating system', async (t) => {
    await using folder = await makeTemporaryFolder();
    const store = await openFilesystemObjectStore({ root: folder.path });
    await store.create(key, Buffer.from('content'));
    await replaceRead(t, () => Promise.reject(Object.assign(new Error('x'), { code: 'ESTALE' })));

    await assert.rejects(store.get(key), { code: 'STORE_UNAVAILABLE' });
  });
});
