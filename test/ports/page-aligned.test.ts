import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPageAligned, pageAligned, sharedPageAligned } from '../../src/ports/page-aligned.ts';

const pageSizeBytes = 4096;

describe('page-aligned memory', () => {
  it('has the size that was asked for, and is all zero', () => {
    assert.deepEqual(pageAligned(100), new Uint8Array(100));
    assert.deepEqual(new Uint8Array(sharedPageAligned(100)), new Uint8Array(100));
  });

  it('is known at every page of it', () => {
    for (const buffer of [pageAligned(3 * pageSizeBytes).buffer, sharedPageAligned(9000)]) {
      assert.ok(isPageAligned(new Uint8Array(buffer, 0, 10)));
      assert.ok(isPageAligned(new Uint8Array(buffer, 2 * pageSizeBytes, 10)));
      assert.ok(!isPageAligned(new Uint8Array(buffer, 512, pageSizeBytes)));
    }
  });

  it('is not claimed for any other memory', () => {
    assert.ok(!isPageAligned(new Uint8Array(2 * pageSizeBytes)));
    assert.ok(!isPageAligned(Buffer.allocUnsafe(10)));
    assert.ok(!isPageAligned(new Uint8Array(new SharedArrayBuffer(2 * pageSizeBytes))));
  });
});
